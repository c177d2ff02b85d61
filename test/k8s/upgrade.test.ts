import {
  environmentNames,
  readEnvironment,
} from "../../k8s/schema/read-environment";
import { manifests } from "../../k8s/keepsake";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { manifestsOf, skipped } from "./support/earlier";

const APPLY = ["apply", "--server-side", "--validate=strict", "-f", "-"];
const earlier = manifestsOf("HEAD~1");

describeWithApiServer(
  "an upgrade from the commit before, on a real API server",
  () => {
    if (earlier.reason !== undefined) {
      skipped("changes no immutable field", earlier.reason);
      return;
    }
    const known = environmentNames().filter((name) =>
      earlier.manifests.has(name),
    );

    describe.each(known)("of %s", (name) => {
      let server: ApiServer;
      beforeAll(async () => {
        server = await startApiServer();
        await installDefinitions(server);
      });
      afterAll(() => server.stop());

      test("changes no immutable field, and neither does a rollback", async () => {
        const before = earlier.manifests.get(name)!;
        const now = manifests(await readEnvironment(name));
        for (const text of [before, now, before]) {
          expect(await server.kubectl(APPLY, text)).toMatchObject({ code: 0 });
        }
      });
    });
  },
);
