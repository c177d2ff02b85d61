import { Resolver } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog } from "../../app/core/runtime/log";
import { Registry } from "../../app/core/runtime/metrics";
import { continueTrace } from "../../app/core/runtime/trace-context";
import type {
  ApiContext,
  ConnectedApi,
} from "../../app/web/backend-client/api";
import { CachedApi } from "../../app/web/backend-client/cached-api";
import {
  createApi,
  RECORD_AGE_MS,
} from "../../app/web/backend-client/create-api";
import { RecordCache } from "../../app/web/backend-client/record-cache";
import { ChangeCounts } from "../../app/web/backend-client/change-counts";
import { hostResolver } from "../../app/web/backend-client/transport/host-addresses";
import { PerCallTransport } from "./roads/per-call";

/*
 * Measures pages and calls over three routes, with and without the cache; the script `api` prepares the
 * links. A page is a conversation of 20 messages with its sidebar; a call changes the title.
 */

const [pagesText = "100", token = "", certificate = ""] = process.argv.slice(2);
const pages = Number(pagesText);
const tokens = {
  current: () => Promise.resolve([token]),
  renewed: () => Promise.resolve([token]),
};
const log = createLog("error", {});

interface Route {
  name: string;
  open: (recordAgeMs: number) => ConnectedApi;
}

const routes: Route[] = [
  { name: "public name, TLS, a connection per call", open: publicRoute },
  { name: "internal name, HTTP, a connection per call", open: internalRoute },
  { name: "ours", open: ourRoute },
];

function publicRoute(recordAgeMs: number): ConnectedApi {
  const url = new URL("https://backend.example.com:8443");
  return perCall(url, "10.77.3.2:5301", recordAgeMs);
}

function internalRoute(recordAgeMs: number): ConnectedApi {
  const url = new URL("http://backend.keepsake.svc.cluster.local.:8081");
  return perCall(url, "10.77.1.2:5302", recordAgeMs);
}

function ourRoute(recordAgeMs: number): ConnectedApi {
  const resolver = new Resolver();
  resolver.setServers(["10.77.1.2:5302"]);
  return createApi({
    config: { BACKEND_URL: "http://backend.keepsake.svc.cluster.local.:8081" },
    log,
    metrics: new Registry(),
    tokens,
    recordAgeMs,
    resolve: hostResolver(resolver),
  });
}

function perCall(url: URL, server: string, recordAgeMs: number): ConnectedApi {
  const resolver = new Resolver();
  resolver.setServers([server]);
  const ca = readFileSync(certificate, "utf8");
  const transport = new PerCallTransport({ url, resolver, token, ca });
  const metrics = new Registry();
  return new CachedApi({
    transport,
    host: url.host,
    log,
    metrics,
    cache: new RecordCache({
      metrics,
      maxAgeMs: recordAgeMs,
      maxBytes: 10_000_000,
      now: () => performance.now(),
    }),
    watch: () => {
      throw new Error("Not supported in this benchmark");
    },
    close: () => Promise.resolve(),
  });
}

const OWNER = "bench";
const request = (versions: Record<string, number> = {}): ApiContext => ({
  owner: OWNER,
  requestId: "bench",
  trace: continueTrace({}).headers,
  changes: new ChangeCounts(() => versions, {
    value: "",
    renew: () => undefined,
  }),
  calls: [],
});

async function main(): Promise<void> {
  const id = await conversationOf20();
  const rows = [];
  for (const recordAgeMs of [0, RECORD_AGE_MS]) {
    for (const { name, open } of routes) {
      const api = open(recordAgeMs);
      const cache = recordAgeMs === 0 ? "without" : "with";
      rows.push({ route: name, cache, ...(await measure(api, id)) });
      await api.close();
    }
  }
  const [first] = rows;
  console.table(
    rows.map((row) => ({
      ...row,
      "page speed-up": ratio(first!["page ms"], row["page ms"]),
      "call speed-up": ratio(first!["call ms"], row["call ms"]),
    })),
  );
}

async function measure(api: ConnectedApi, id: string) {
  const versions: Record<string, number> = {};
  const context = request(versions);
  await readPage(api, context, id);
  const pageMs: number[] = [];
  const callMs: number[] = [];
  let calls = 0;
  for (let page = 0; page < pages; page++) {
    const warm = request(versions);
    pageMs.push(await timed(() => readPage(api, warm, id)));
    calls += warm.calls.filter(({ cached }) => !cached).length;
  }
  for (let call = 0; call < pages / 4; call++) {
    const title = `Title ${call}`;
    callMs.push(
      await timed(() => api.changeConversation(request(), id, { title })),
    );
  }
  return {
    "page ms": median(pageMs),
    "page p95": quantile(pageMs, 0.95),
    "calls per page": Math.round((100 * calls) / pages) / 100,
    "call ms": median(callMs),
  };
}

const readPage = (api: ConnectedApi, context: ApiContext, id: string) =>
  Promise.all([
    api.readOverview(context),
    api.readConversation(context, id, { limit: 50 }),
  ]);

async function conversationOf20(): Promise<string> {
  const api = ourRoute(0);
  const made = await api.createConversation(request(), { text: "Hello" });
  const { id } = made.conversation;
  for (let turn = 1; turn <= 10; turn++) {
    for (;;) {
      const page = await api.readConversation(request(), id, { limit: 1 });
      if (page.reply === null) break;
      await sleep(10);
    }
    if (turn < 10) await api.sendMessage(request(), id, { text: `${turn}` });
  }
  await api.close();
  return id;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const median = (values: number[]) => quantile(values, 0.5);

function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return Math.round(value * 1000) / 1000;
}

const ratio = (first: number, ms: number) =>
  Math.round((10 * first) / Math.max(ms, 0.001)) / 10;

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
