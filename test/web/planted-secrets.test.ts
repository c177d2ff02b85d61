import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog } from "../../app/core/runtime/log";
import { createLoadBalancerIdentity } from "../../app/web/identity/load-balancer-identity";
import { openRequest } from "../support/broken-request";
import { connectApi } from "../support/connect-api";
import { HttpVisitor } from "../support/http-visitor";
import {
  ARN,
  CLIENT,
  ISSUER,
  startSigningLoadBalancer,
} from "../support/signing-load-balancer";
import { startBackend, TOKEN } from "../support/start-backend";
import { startWeb } from "../support/start-web";
import { waitFor } from "../support/wait-for";

/* Every page, form and fault once, with secrets that are then searched for in all that came out. */

const KEY = "sk-a-planted-key-of-the-model-server-0123456789";
const MESSAGE = "a planted message of a visitor";
const SIGNING_KEY = "a key that only tests have";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A model server that repeats the key in its refusal, as some do. */
async function startRefusingModel() {
  const server = createServer((request, response) => {
    request.resume();
    const { authorization = "" } = request.headers;
    response.writeHead(401, { "content-type": "application/json" });
    const message = `Incorrect API key provided: ${authorization}`;
    response.end(JSON.stringify({ error: { message } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  closing.push(() => server.close());
  return `http://127.0.0.1:${port}/v1`;
}

test("no log line, page, header or metric has a planted secret", async () => {
  const logged: string[] = [];
  const write = (line: string) => void logged.push(line);
  const log = createLog("trace", {}, { write });
  const shown: string[] = [];
  const tokens = new Set<string>();

  const modelUrl = await startRefusingModel();
  const loadBalancer = await startSigningLoadBalancer();
  closing.push(() => loadBalancer.close());
  const backend = await startBackend({
    log,
    env: {
      MODEL_PROVIDER: "openai",
      OPENAI_BASE_URL: modelUrl,
      OPENAI_API_KEY: KEY,
    },
  });
  closing.push(() => backend.stop());
  const api = connectApi(backend.url);
  closing.push(() => api.close());
  const web = await startWeb({
    api,
    log,
    identity: createLoadBalancerIdentity({
      loadBalancers: [ARN],
      clientIds: [CLIENT],
      issuer: ISSUER,
      keysUrl: loadBalancer.keysUrl,
      ca: loadBalancer.ca,
    }),
  });
  closing.push(() => web.close());
  const visitor = new HttpVisitor(web.address);
  visitor.always = () => {
    const headers = loadBalancer.vouchFor({ sub: "ada", name: "Ada" });
    for (const value of Object.values(headers)) {
      if (value.length > 100) tokens.add(value);
    }
    return headers;
  };
  const keep = async (answer: Response) => {
    // The visitor's own cookie is the one place for it.
    const headers = [...answer.headers].filter(
      ([name]) => name !== "set-cookie",
    );
    shown.push(JSON.stringify(headers), await answer.text());
    return answer;
  };
  const visit = async (path: string) => keep(await visitor.get(path));
  const send = async (path: string, fields: Record<string, string> | string) =>
    keep(await visitor.post(path, fields));

  await visit("/");
  const begun = await send("/conversations", { message: MESSAGE });
  const address = begun.headers.get("location") ?? "";
  await visit(address);
  await visit(`${address}/replies/2/events`);
  await send(`${address}/replies/2/retry`, {});
  await send(`${address}/messages`, { message: MESSAGE });
  for (const path of [
    "/conversations",
    "/projects",
    "/data",
    "/data/download",
  ]) {
    await visit(path);
  }
  await visit("/nowhere");
  await visit(`${address}?before=x`);
  await send(`${address}/rename`, { title: "" });
  await send(`${address}/messages`, `message=%FF${MESSAGE}`);
  await send("/session/model", { model: "nowhere" });
  await send("/session/reset", {});
  visitor.always = () => {
    const [name = ""] = Object.keys(loadBalancer.vouchFor({ sub: "ada" }));
    return { [name]: `${[...tokens][0]}forged` };
  };
  await visit("/");

  const broken = await openRequest(
    web.server,
    [
      "POST /conversations HTTP/1.1",
      `host: ${new URL(web.address).host}`,
      "content-type: application/x-www-form-urlencoded",
      "transfer-encoding: chunked",
      `cookie: ${visitor.cookie}`,
      `x-amzn-oidc-data: ${[...tokens][0]}`,
      `authorization: Bearer ${TOKEN}`,
    ],
    `ZZ\r\n${MESSAGE}\r\n`,
  );
  shown.push(await broken.answer());

  // Faults of calls to a backend that is gone.
  await backend.kill();
  visitor.always = () => loadBalancer.vouchFor({ sub: "ada" });
  await visit("/");
  await send("/conversations", { message: "another one" });

  await waitFor(async () => logged.length > 20);
  const metrics =
    (await web.metrics.metrics()) + (await backend.parts.metrics.metrics());
  const credentials = [
    KEY,
    TOKEN,
    SIGNING_KEY,
    ...tokens,
    ...[...visitor.cookies].flatMap(([name, value]) =>
      name.startsWith("keepsake") && value ? [value] : [],
    ),
  ];
  const everything = [...logged, ...shown, metrics].join("\n");
  expect(credentials.filter((one) => everything.includes(one))).toEqual([]);
  expect([...logged, metrics].join("\n")).not.toContain(MESSAGE);
  // Visitors learn neither the key nor the address of the model's server.
  expect(shown.join("\n")).not.toContain(new URL(modelUrl).host);
  // The search would find what is there.
  expect(shown.join("\n")).toContain(MESSAGE);
  expect(credentials.length).toBeGreaterThan(5);
  expect(logged.join("\n")).toContain("sign-in refused");
});
