import type { AddressInfo } from "node:net";
import { createMetrics } from "../../app/core/runtime/metrics";
import { createHttpServer } from "../../app/core/runtime/server";
import { fixedTokens } from "../../app/core/config/tokens";
import { createWebApp, type WebAppDeps } from "../../app/web/app";
import type { Api } from "../../app/web/backend-client/api";
import { createMemorySessionStore } from "../../app/web/sessions/memory-session-store";
import type { SessionStore } from "../../app/web/sessions/session-store";
import { HttpVisitor } from "./http-visitor";
import { type ScriptedApi, startScriptedBackend } from "./scripted-backend";
import { scriptedStream, type Step } from "./scripted-stream";
import { record, recordedLog } from "./recorded-log";

/** The base path of every web process of a test file, unless a test names another. */
export const everywhere = { basePath: "" };

export type TestWeb = Awaited<ReturnType<typeof startWeb>>;

/**
 * Starts web on a free port, with sessions and, unless an API is given, a real backend in memory.
 * Sessions are in memory, too: tests of their files, of the drain and of the settings start processes.
 */
export async function startWeb(
  options: Pick<
    Partial<WebAppDeps>,
    | "originSecrets"
    | "whyNotReady"
    | "identity"
    | "tokens"
    | "log"
    | "signOutUrl"
    | "hasTlsSubdomains"
    | "heartbeatMs"
    | "allowedOrigins"
    | "allowedHosts"
    | "limitsPerMinute"
    | "maxStreamsPerOwner"
    | "trustedProxies"
    | "now"
    | "basePath"
  > & { store?: SessionStore; api?: Api } = {},
) {
  const backend = options.api ? undefined : await startScriptedBackend();
  const metrics = createMetrics();
  const { basePath = everywhere.basePath } = options;
  const lifetime = { idleMs: 3_600_000, absoluteMs: 36_000_000 };
  const { app, streams } = await createWebApp({
    host: "web-test",
    basePath,
    sessions: {
      lifetime,
      store:
        options.store ??
        createMemorySessionStore({ ...lifetime, now: Date.now }),
      keys: ["a key that only tests have"],
    },
    tokens: options.tokens ?? fixedTokens(),
    drainSeconds: 0,
    api: options.api ?? backend!,
    log: options.log ?? recordedLog(),
    metrics,
    now: options.now ?? Date.now,
    identity: options.identity,
    trustedProxies: options.trustedProxies,
    limitsPerMinute: options.limitsPerMinute,
    maxStreamsPerOwner: options.maxStreamsPerOwner,
    allowedHosts: options.allowedHosts ?? ["127.0.0.1"],
    originSecrets: options.originSecrets,
    allowedOrigins: options.allowedOrigins,
    signOutUrl: options.signOutUrl,
    hasTlsSubdomains: options.hasTlsSubdomains,
    heartbeatMs: options.heartbeatMs,
    whyNotReady: options.whyNotReady ?? (() => undefined),
  });
  const handle = app.callback();
  const server = createHttpServer((...pair) => void handle(...pair));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    /** Absent if the test passes an API of its own. */
    api: backend as ScriptedApi,
    metrics,
    streams,
    server,
    /** With the base path. */
    address: `http://127.0.0.1:${port}${basePath}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      record(await metrics.metrics());
      await backend?.close();
    },
  };
}

/** Web, and a visitor without JavaScript, in tests of files that call {@link useWeb}. */
export let web: TestWeb;
export let visitor: HttpVisitor;

/** Starts web for each test of the file. */
export function useWeb(options?: Parameters<typeof startWeb>[0]): void {
  beforeEach(() => begin(options));
  afterEach(() => web.close());
}

/** Replaces web by one with other options. */
export async function restartWeb(
  options: Parameters<typeof startWeb>[0],
): Promise<void> {
  await web.close();
  await begin(options);
}

async function begin(options: Parameters<typeof startWeb>[0]): Promise<void> {
  web = await startWeb(options);
  visitor = new HttpVisitor(web.address);
}

/** Scripts the next replies; they continue when the test calls `next`. */
export function scriptReply(steps: Step[]): ReturnType<typeof scriptedStream> {
  const reply = scriptedStream(steps);
  web.api.script = () => reply.script();
  return reply;
}
