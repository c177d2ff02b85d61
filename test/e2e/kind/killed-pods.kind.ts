import { restore } from "./support/cluster";
import { testKilledPods } from "./support/killed-pods-tests";

afterAll(restore);

testKilledPods();
