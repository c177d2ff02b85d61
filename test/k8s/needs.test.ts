import { manifests } from "../../k8s/keepsake";
import { parseEnvironment } from "../../k8s/schema/read-environment";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { parseManifests } from "./support/manifests";
import { NEEDS } from "./support/needs";
import { podsOfTemplates } from "./support/pods";

const APPLY = ["apply", "--server-side", "--validate=strict", "-f", "-"];
const TRY = ["create", "--validate=strict", "--dry-run=server", "-f", "-"];

const OK = { code: 0, stderr: "" };

/** All are applied to one cluster, one after another, so they also have to coexist. */
describeWithApiServer("the needs of others on a real API server", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
    await installDefinitions(server);
    await server.must(["create", "namespace", "existing-namespace"]);
  });
  afterAll(() => server.stop());

  test.each(NEEDS.map((need) => [need.name, need] as const))(
    "the API server accepts the environment %s, and its namespace admits the pods",
    async (_, need) => {
      const text = manifests(parseEnvironment(need));
      // A quota needs a controller, which fills in its status.
      const objects = parseManifests(text).filter(
        ({ kind }) => kind !== "ResourceQuota",
      );
      expect(await server.kubectl(APPLY, list(objects))).toMatchObject(OK);
      const pods = podsOfTemplates(objects);
      expect(await server.kubectl(TRY, list(pods))).toMatchObject(OK);
      expect(pods.length).toBeGreaterThanOrEqual(4);
    },
  );
});

const list = (items: object[]) =>
  JSON.stringify({ apiVersion: "v1", kind: "List", items });
