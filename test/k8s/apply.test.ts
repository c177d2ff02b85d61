import { environmentNames } from "../../k8s/schema/read-environment";
import {
  type ApiServer,
  describeWithApiServer,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import {
  EKS_IN_FULL,
  type Manifest,
  objectsOf,
  textOf,
} from "./support/manifests";
import { fillQuotaStatus, podsOfTemplates } from "./support/pods";

const SERVER_SIDE = ["apply", "--server-side", "--validate=strict", "-f", "-"];
const CLIENT_SIDE = ["apply", "--validate=strict", "-f", "-"];

describeWithApiServer("the manifests on a real API server", () => {
  describe.each([...environmentNames(), EKS_IN_FULL])(
    "manifests of %s",
    (name) => {
      let server: ApiServer;
      let text: string;

      beforeAll(async () => {
        server = await startApiServer();
        await installDefinitions(server);
        text = await textOf(name);
      });
      afterAll(() => server.stop());

      test("manifests apply the first time, with strict validation and without a warning", async () => {
        const { code, stderr } = await server.kubectl(SERVER_SIDE, text);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      });

      test("manifests change nothing when applied again", async () => {
        const before = await contents(server, text);
        await server.must(SERVER_SIDE, text);
        expect(await contents(server, text)).toEqual(before);
        const diff = await server.kubectl(
          ["diff", "--server-side", "-f", "-"],
          text,
        );
        expect(diff).toEqual({ code: 0, stdout: "", stderr: "" });
      });

      test("the restricted namespace admits the pods of the manifests", async () => {
        await fillQuotaStatus(server);
        const pods = podsOfTemplates(await objectsOf(name));
        for (const pod of pods) {
          const outcome = await server.kubectl(
            ["create", "--validate=strict", "-f", "-"],
            JSON.stringify(pod),
          );
          expect(outcome).toMatchObject({ code: 0, stderr: "" });
        }
        expect(pods.length).toBeGreaterThanOrEqual(4);
      });
    },
  );

  test("manifests of kind apply from the client, compare, and then apply from the server", async () => {
    const server = await startApiServer();
    try {
      await installDefinitions(server);
      const text = await textOf("kind");
      await server.must(CLIENT_SIDE, text);
      const before = await contents(server, text);
      await server.must(CLIENT_SIDE, text);
      expect(await contents(server, text)).toEqual(before);
      expect(await server.kubectl(["diff", "-f", "-"], text)).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
      expect(await server.kubectl(SERVER_SIDE, text)).toMatchObject({
        code: 0,
        stderr: "",
      });
    } finally {
      await server.stop();
    }
  });
});

/** Every object in the text as stored by the server, without the number of its last write. */
async function contents(server: ApiServer, text: string): Promise<Manifest[]> {
  const list = JSON.parse(
    await server.must(["get", "-f", "-", "-o", "json"], text),
  ) as { items: Manifest[] };
  for (const { metadata } of list.items) {
    delete (metadata as { resourceVersion?: string }).resourceVersion;
  }
  return list.items;
}
