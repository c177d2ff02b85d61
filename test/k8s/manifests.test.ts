import { stringify } from "yaml";
import { environmentNames } from "../../k8s/schema/read-environment";
import { differences } from "./support/differences";
import { type Manifest, objectsOf } from "./support/manifests";

/** The dashboard has its own tests, and is a quarter of the text. */
const withoutDashboard = (objects: Manifest[]) =>
  objects.filter(({ metadata }) => metadata.name !== "keepsake-dashboard");

const recordable = async (name: string) =>
  withoutDashboard(await objectsOf(name));

describe("recorded manifests", () => {
  test("the manifests of eks equal the recorded ones, field by field", async () => {
    const documents = (await recordable("eks")).map((object) =>
      stringify(object),
    );
    expect(documents.join("---\n")).toMatchSnapshot();
  });

  test.each(environmentNames().filter((name) => name !== "eks"))(
    "the differences of %s to eks equal the recorded ones",
    async (name) => {
      expect(
        differences(await recordable("eks"), await recordable(name)),
      ).toMatchSnapshot();
    },
  );
});
