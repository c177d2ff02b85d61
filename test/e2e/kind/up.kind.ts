import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HttpVisitor } from "../../support/http-visitor";
import {
  apply,
  eventually,
  inNode,
  kubectl,
  podsOf,
  restore,
  settings,
} from "./support/cluster";
import { numbersTo, plain } from "./support/counting-client";

const run = promisify(execFile);
const node = `${settings.cluster}-worker2`;

afterAll(restore);

/** @returns Standard output. */
const kindUp = async () => (await run("scripts/kind-up")).stdout;

it("kind-up repairs a deleted Deployment, a stopped node and a missing image, and prints the URL", async () => {
  const visitor = new HttpVisitor(settings.url);
  const address = await visitor.begin("count to 9");
  await eventually("the reply is whole", async () =>
    plain(await visitor.read(address)).includes(numbersTo(9)),
  );
  await kubectl("delete", "deployment", "web", "--wait=true");
  await inNode(node, `crictl rmi docker.io/library/${settings.image}`);
  await run(settings.tool, ["stop", "--time", "5", node]);

  const said = await kindUp();
  expect(said).toContain(`Keepsake is at ${settings.url}\n`);
  expect(said).toContain(`kubectl --context kind-${settings.cluster}`);
  expect(said).toContain("get pods --watch");

  expect(plain(await visitor.read(address))).toContain(numbersTo(9));
  expect(await inNode(node, "crictl images")).toContain(
    settings.image.split(":")[1],
  );
  for (const part of ["web", "backend"]) {
    await eventually(`all pods of ${part} are ready`, async () => {
      const pods = await podsOf(part);
      return pods.length >= 2 && pods.every(({ ready }) => ready);
    });
  }
});

it("kind-up keeps all conversations after the namespace was deleted", async () => {
  const visitor = new HttpVisitor(settings.url);
  const address = await visitor.begin("count to 8");
  await eventually("the reply is whole", async () =>
    plain(await visitor.read(address)).includes(numbersTo(8)),
  );
  // Sessions survive only with the keys that signed them.
  const { data, type } = JSON.parse(
    await kubectl("get", "secret", "keepsake", "-o", "json"),
  ) as { data: object; type: string };
  await kubectl("delete", "namespace", "keepsake", "--wait=true");
  await kubectl("create", "namespace", "keepsake");
  const metadata = { name: "keepsake" };
  await apply({ apiVersion: "v1", kind: "Secret", metadata, type, data });

  await kindUp();
  expect(plain(await visitor.read(address))).toContain(numbersTo(8));
});
