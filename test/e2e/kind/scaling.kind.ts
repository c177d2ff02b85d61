import { setTimeout as wait } from "node:timers/promises";
import { HttpVisitor } from "../../support/http-visitor";
import {
  eventually,
  kubectl,
  podsOf,
  restore,
  rolledOut,
  settings,
} from "./support/cluster";
import {
  CountingClient,
  expectNothingLost,
  plain,
  POD_COOKIE,
  underLoad,
} from "./support/counting-client";

/**
 * Keeps a stream open for 80 s that costs web little: an update costs about a millisecond, and at
 * the default of 25 a second a few streams alone need several pods.
 */
const WORD_MS = 500;
const SLOW_MODEL = { ELIZA_DELAY_MS: String(WORD_MS) };
const LONG_COUNT = 160;
const HALF_REPLY_MS = (LONG_COUNT / 2) * WORD_MS;

const setModel = (...changes: string[]) =>
  kubectl("set", "env", "deployment/backend", ...changes);

afterAll(async () => {
  await setModel(...Object.keys(SLOW_MODEL).map((name) => `${name}-`));
  await restore();
});

const wanted = async () =>
  Number(
    await kubectl(
      "get",
      "deployment",
      "web",
      "-o",
      "jsonpath={.spec.replicas}",
    ),
  );

const hasMetrics = async () =>
  (await kubectl(
    "get",
    "hpa",
    "web",
    "-o",
    `jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}`,
  )) === "True";

/** A visitor who reloads as fast as possible. @returns Failed requests. */
async function browse(signal: AbortSignal): Promise<string[]> {
  const visitor = new HttpVisitor(settings.url);
  const failed: string[] = [];
  while (!signal.aborted) {
    const status = await visitor
      .get("/")
      .then(async (answer) => (await answer.text()) && answer.status, String);
    if (status !== 200) failed.push(String(status));
  }
  return failed;
}

/** Scaling in without the stabilization window of five minutes. */
const soon = {
  selectPolicy: "Max",
  stabilizationWindowSeconds: 10,
  policies: [{ type: "Pods", value: 4, periodSeconds: 15 }],
};

const patchScaleDown = (scaleDown: object) =>
  kubectl(
    "patch",
    "hpa",
    "web",
    "--type=merge",
    "-p",
    JSON.stringify({ spec: { behavior: { scaleDown } } }),
  );

/** Reloads a page until web has more pods that serve. @returns Failed requests. */
async function scaleOut(least: number): Promise<string[]> {
  const stop = new AbortController();
  const crowd = Promise.all([
    browse(stop.signal),
    browse(stop.signal),
    browse(stop.signal),
  ]);
  try {
    await eventually(
      "web is scaled out",
      async () =>
        (await wanted()) > least &&
        (await podsOf("web")).filter(({ ready }) => ready).length > least,
      240,
    );
  } finally {
    stop.abort();
  }
  return (await crowd).flat();
}

/** All pods of web, once every one of them is ready and as many run as are wanted. */
const allReady = () =>
  eventually("all pods of web are ready", async () => {
    const pods = await podsOf("web");
    return (
      pods.length === (await wanted()) &&
      pods.every(({ ready, ending }) => ready && !ending) &&
      pods.map(({ name }) => name)
    );
  });

/**
 * A client for each pod: the ingress's cookie keeps it there. The ingress controller learns of a ready
 * pod some seconds after the API server does, so new visitors are tried until each pod has served one.
 */
async function clientForEach(pods: string[]): Promise<CountingClient[]> {
  const clients = new Map<string, CountingClient>();
  return eventually("each pod serves a new visitor", async () => {
    for (const _ of pods) {
      const client = new CountingClient(LONG_COUNT);
      const page = plain(await client.visitor.read("/"));
      const pod = pods.find((name) => page.includes(name));
      if (pod) clients.set(pod, client);
    }
    return clients.size === pods.length && [...clients.values()];
  });
}

/** Another client of the pod that serves this one. */
function samePod({ visitor }: CountingClient): CountingClient {
  const other = new CountingClient(LONG_COUNT);
  const cookie = visitor.cookies.get(POD_COOKIE);
  if (!cookie) throw new Error("The ingress set no cookie.");
  other.visitor.cookies.set(POD_COOKIE, cookie);
  return other;
}

async function scaleIn(pods: string[]): Promise<void> {
  await patchScaleDown(soon);
  await eventually(
    "web is scaled in by a pod that served a stream",
    async () => {
      const left = (await podsOf("web")).map(({ name }) => name);
      return pods.some((name) => !left.includes(name));
    },
    240,
  );
}

it("web scales out under load, and in again without a lost stream", async () => {
  await setModel(...Object.entries(SLOW_MODEL).map((pair) => pair.join("=")));
  await rolledOut("backend");
  await eventually("the autoscaler has its metrics", hasMetrics, 180);
  // Tests before this one may have left more pods.
  await patchScaleDown(soon);
  const least = 2;
  await eventually(
    "web has the fewest pods",
    async () => (await wanted()) === least,
    240,
  );
  // Scaling in waits until each pod serves a stream.
  await patchScaleDown({ selectPolicy: "Disabled" });
  expect(await scaleOut(least)).toEqual([]);
  const pods = await allReady();
  expect(pods.length).toBeGreaterThan(least);

  let reconnects = 0;
  const clients = await clientForEach(pods);
  const others = clients.map(samePod);
  const withoutCookie = new CountingClient(LONG_COUNT, false);
  const counts = await underLoad([...clients, withoutCookie], async () => {
    // A drain closes streams after 10 to 20 seconds. Of two replies that are half a reply apart, one is far
    // from its end then.
    await wait(HALF_REPLY_MS);
    const otherCounts = await underLoad(others, () => scaleIn(pods));
    expectNothingLost(otherCounts);
    reconnects += otherCounts.reconnects;
  });
  expectNothingLost(counts);
  expect(reconnects + counts.reconnects).toBeGreaterThan(0);
});
