import { readFile } from "node:fs/promises";
import { HttpVisitor } from "../../support/http-visitor";
import { testChat } from "./support/chat-tests";
import {
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
import { GATEWAYS, useGateway, useIngress } from "./support/gateway";
import { testKilledPods } from "./support/killed-pods-tests";
import { preflight } from "./support/preflight";

/** The definitions of the Gateway API, a folder or a URL. Set by scripts/kind-test. */
const definitions = process.env["GATEWAY_API"] ?? "";

const visitor = new HttpVisitor(settings.url);
let address: string;

beforeAll(async () => {
  address = await visitor.begin("count to 7");
  await useGateway(definitions);
});
afterAll(async () => useIngress(await readFile(settings.manifest, "utf8")));

it("a conversation that began through the Ingress opens through the Gateway, the only way in", async () => {
  expect((await podsOf("ingress")).filter(({ ending }) => !ending)).toEqual([]);
  expect(await kubectl("get", "ingress", "-o", "name")).toBe("");
  expect(plain(await visitor.read(address))).toContain(numbersTo(7));
  const other = { headers: { host: "other.example.com" } };
  expect((await fetch(`${settings.url}/livez`, other)).status).toBe(404);
});

testChat();
testKilledPods();

it("preflight finds streams that pass the Gateway at once, and a missing sticky cookie", async () => {
  const { findings } = await preflight(
    "--only",
    "network-policies,stickiness,buffering,idle-timeout",
    "--url",
    `http://traefik.${GATEWAYS}.svc.cluster.local`,
    "--header",
    "host: localhost",
  );
  const statuses = findings.map(({ check, status }) => `${check}: ${status}`);
  expect([...new Set(statuses)].toSorted()).toEqual([
    "buffering: ok",
    "idle-timeout: ok",
    "network-policies: ok",
    // Traefik ignores sessionPersistence.
    "stickiness: warning",
  ]);
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
