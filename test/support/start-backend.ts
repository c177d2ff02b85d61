import { mkdtemp } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createBackend } from "../../app/backend/create-backend";
import type { ModelProvider } from "../../app/backend/models/model";
import { PdfReader } from "../../app/backend/files/pdf/read-pdf";
import { createBackendApp } from "../../app/backend/app";
import { readBackendConfig } from "../../app/core/config/config";
import type { FileSystem } from "../../app/core/storage/file-system";
import { reportAvailability } from "../../app/core/storage/report-availability";
import type { Logger } from "../../app/core/runtime/log";
import { Registry } from "../../app/core/runtime/metrics";
import { fixedTokens, type Tokens } from "../../app/core/config/tokens";
import { removeFolder } from "./temporary-folder";
import { record, recordedLog } from "./recorded-log";

export const TOKEN = "a-token-for-tests-only-0123456789abcdef";

export interface TestBackend {
  url: string;
  port: number;
  directory: string;
  parts: ReturnType<typeof createBackend>;
  /** Number of requests since the last call of this. */
  takeCalls(): number;
  /** Stops it like SIGKILL: connections break, and no reply is handed over. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBackendOptions {
  /** Shared with other backends, as pods share a volume. */
  directory?: string;
  port?: number;
  /** An address of the loopback network; 127.0.0.1 by default. */
  host?: string;
  env?: Record<string, string>;
  tokens?: Tokens;
  log?: Logger;
  /** A server of the test's own, to watch its requests. */
  server?: Server;
  now?: () => Date;
  fileSystem?: FileSystem;
  providers?: ModelProvider[];
  pdfs?: Pick<PdfReader, "read">;
}

/** Stops backends that a failed test left: jest would wait for them. */
const running = new Set<() => Promise<void>>();
afterAll(async () => {
  await Promise.all([...running].map((end) => end()));
});

/**
 * Starts a backend on a free port, as its process does. All backends of a test share one event loop and
 * one clock, so none can freeze or run ahead alone: `keepsake-processes.ts` starts real processes.
 */
export async function startBackend(
  options: TestBackendOptions = {},
): Promise<TestBackend> {
  const directory = options.directory ?? (await temporaryDirectory());
  const config = readBackendConfig({
    DATA_DIRECTORY: path.join(directory, "records"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    ELIZA_DELAY_MS: "0",
    LEASE_SECONDS: "1",
    ...options.env,
  });
  const server = options.server ?? createServer();
  const host = options.host ?? "127.0.0.1";
  const port = await listenOn(server, options.port ?? 0, host);
  const url = `http://${host}:${port}`;
  const parts = createBackend({
    config,
    log: options.log ?? recordedLog(),
    metrics: new Registry(),
    tokens: options.tokens ?? fixedTokens(TOKEN),
    address: url,
    now: options.now,
    fileSystem: options.fileSystem,
    providers: options.providers,
    // A child of a test needs a loader for TypeScript.
    pdfs: options.pdfs ?? new PdfReader(undefined, ["--import", "tsx"]),
  });
  reportAvailability(parts.metrics, parts.checkStorage);
  const probes = { whyNotReady: () => undefined };
  const app = createBackendApp({ ...parts, probes });
  const handle = app.callback();
  let calls = 0;
  server.on("request", (request, response) => {
    calls += 1;
    void handle(request, response);
  });
  parts.replies.startSupervision();
  const close = async () => {
    running.delete(end);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    await parts.replies.drain();
    record(await parts.metrics.metrics());
    await parts.peers.close();
    await parts.models.close();
  };
  let ended: Promise<void> | undefined;
  const end = () => (ended ??= close());
  running.add(end);
  return {
    url,
    port,
    directory,
    parts,
    takeCalls: () => {
      const taken = calls;
      calls = 0;
      return taken;
    },
    kill: end,
    stop: async () => {
      await end();
      if (!options.directory) await removeFolder(directory);
    },
  };
}

export const temporaryDirectory = () =>
  mkdtemp(path.join(tmpdir(), "keepsake-test-"));

async function listenOn(
  server: Server,
  port: number,
  host: string,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Calls the API as web does. */
export async function callApi(
  backend: Pick<TestBackend, "url">,
  method: string,
  route: string,
  given: {
    body?: unknown;
    owner?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(`${backend.url}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "keepsake-owner": given.owner ?? "ada",
      ...(given.body !== undefined && { "content-type": "application/json" }),
      ...given.headers,
    },
    body: given.body === undefined ? undefined : JSON.stringify(given.body),
  });
  const text = await response.text();
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}
