import { createServer, type AddressInfo, type Socket } from "node:net";
import type { ConnectedApi } from "../../app/web/backend-client/api";
import { type ClusterIp, startClusterIp } from "../support/cluster-ip";
import { HttpVisitor } from "../support/http-visitor";
import { connectApi } from "../support/connect-api";
import { startBackend, type TestBackend } from "../support/start-backend";
import { startWeb, type TestWeb } from "../support/start-web";
import { once, waitFor } from "../support/wait-for";

/* Pages while all backends are silent, and the number of calls to them. */

let backend: TestBackend;
let silent: Awaited<ReturnType<typeof startSilence>>;
let service: ClusterIp;
let api: ConnectedApi;
let web: TestWeb;

beforeAll(async () => {
  backend = await startBackend();
  silent = await startSilence();
  service = await startClusterIp([backend.url]);
  // With the time-outs of production, which this file tests.
  api = connectApi(service.url, { recordAgeMs: 0, patience: undefined });
  web = await startWeb({ api });
});

afterAll(async () => {
  await web.close();
  silent.close();
  await service.close();
  await api.close();
  await backend.stop();
});

/** Accepts connections and never responds, like a frozen process. */
async function startSilence() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

test("reports silent backends without calling them for most pages, keeps text, and recovers", async () => {
  const visitor = new HttpVisitor(web.address);
  const begun = await waitFor(() =>
    // The first attempts may exceed the bound on a busy machine.
    visitor.begin("Hello").catch(() => undefined),
  );
  const [conversation = ""] = begun.split("#");
  // Existing connections become silent too.
  service.endpoints = [silent.url];
  service.cut();
  await Promise.all([1, 2, 3, 4, 5, 6].map(() => visitor.get(conversation)));

  const asked = service.connections;
  const pages = 40;
  for (let page = 1; page < pages; page++) {
    const answer = await visitor.get(conversation);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("Nothing is lost");
  }
  const sent = await visitor.post("/conversations", {
    message: "Long and dear to me",
  });
  expect(sent.status).toBe(503);
  expect(await sent.text()).toContain("Long and dear to me");
  expect(service.connections - asked).toBeLessThan(pages);

  service.endpoints = [backend.url];
  service.cut();
  const back = await waitFor(async () => {
    const answer = await visitor.get(conversation);
    return answer.status === 200 && answer.text();
  });
  expect(back).toContain("Hello");
});

test("keeps a form waiting through a short absence of backends", async () => {
  const visitor = new HttpVisitor(web.address);
  await visitor.get("/");
  // Refused, as between the deletion of a pod and the start of its successor.
  service.endpoints = [];
  service.cut();
  const before = service.connections;
  const sent = visitor.begin("Hold on");
  await waitFor(() => Promise.resolve(service.connections - before > 3));
  service.endpoints = [backend.url];
  const [conversation = ""] = (await sent).split("#");
  expect(await (await visitor.get(conversation)).text()).toContain("Hold on");
});
