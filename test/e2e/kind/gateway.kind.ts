import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { HttpVisitor } from "../../support/http-visitor";
import { testChat } from "./support/chat-tests";
import {
  eventually,
  inLongForm,
  kubectl,
  podsOf,
  rolledOut,
  settings,
} from "./support/cluster";
import {
  CountingClient,
  expectNothingLost,
  numbersTo,
  plain,
  underLoad,
} from "./support/counting-client";
import { eachPodServes, useGateway, useIngress } from "./support/gateway";
import { testKilledPods } from "./support/killed-pods-tests";
import { preflight, preflightFromHere } from "./support/preflight";

/** The definitions of the Gateway API, a folder or a URL. Set by scripts/kind-test. */
const definitions = process.env["GATEWAY_API"] ?? "";

const visitor = new HttpVisitor(settings.url);
let address: string;

const manifest = () => readFile(settings.manifest, "utf8");

/** The status of a page under a host name, which `fetch` would not send. */
const statusOf = (host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(settings.url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on("error", reject)
      .end();
  });

beforeAll(async () => {
  address = await visitor.begin("count to 7");
  await useGateway(definitions, await manifest());
});
afterAll(async () => useIngress(await manifest()));

it("a conversation that began through the Ingress opens through the Gateway, the only way in", async () => {
  await eventually("Keepsake's own Traefik is gone", async () =>
    (await podsOf("ingress")).every(({ ending }) => ending),
  );
  expect(await kubectl("get", "ingress", "-o", "name")).toBe("");
  expect(plain(await visitor.read(address))).toContain(numbersTo(7));
  expect(await statusOf("localhost")).toBe(200);
  expect(await statusOf("other.example.com")).toBe(404);
});

testChat();
testKilledPods();

it("preflight finds nothing but a missing sticky cookie, which Traefik does not set at a Gateway", async () => {
  await eachPodServes();
  const { findings } = await preflightFromHere(
    "--only",
    "stickiness,buffering,idle-timeout,drain",
  );
  const unwell = findings.filter(({ status }) => status !== "ok");
  expect(unwell.map(({ check, status }) => [check, status])).toEqual([
    ["stickiness", "warning"],
  ]);
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set(["stickiness", "buffering", "idle-timeout", "drain"]),
  );
  const inside = await preflight("--only", "network-policies");
  expect(new Set(inside.findings.map(({ status }) => status))).toEqual(
    new Set(["ok"]),
  );
});

inLongForm("at a restart behind a Gateway", () => {
  it("no request fails and no character is lost while both Deployments are rolled", async () => {
    const clients = [new CountingClient(60), new CountingClient(400)];
    const counts = await underLoad(clients, async () => {
      for (const part of ["backend", "web"]) {
        await kubectl("rollout", "restart", `deployment/${part}`);
        await rolledOut(part);
      }
    });
    expectNothingLost(counts);
  });
});
