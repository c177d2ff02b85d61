import { createServer, type Server } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createBackend,
  createBackendApp,
} from "../../app/backend/createBackend";
import { readBackendConfig } from "../../app/shared/config";
import { createLog } from "../../app/shared/log";
import { Registry } from "../../app/shared/metrics";
import type { Tokens } from "../../app/shared/Tokens";

export const TOKEN = "a-token-for-tests-only";

export const fixedTokens = (...tokens: string[]): Tokens => ({
  current: () => Promise.resolve(tokens),
  renewed: () => Promise.resolve(tokens),
});

export interface TestBackend {
  url: string;
  port: number;
  directory: string;
  parts: ReturnType<typeof createBackend>;
  /** Ends it as a process that is killed: connections break, nothing is handed over. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBackendOptions {
  /** Shared with other backends, as pods share a volume. */
  directory?: string;
  port?: number;
  env?: Record<string, string>;
  tokens?: Tokens;
  now?: () => Date;
}

/** A backend as its process runs it, on a port of its own. */
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
  const server = createServer();
  const port = await listenOn(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  const parts = createBackend({
    config,
    log: createLog("silent", {}),
    metrics: new Registry(),
    tokens: options.tokens ?? fixedTokens(TOKEN),
    address: url,
    now: options.now,
  });
  const app = createBackendApp({ ...parts, probes: { whyNotReady } });
  const handle = app.callback();
  server.on("request", (request, response) => void handle(request, response));
  parts.replies.start();
  const end = async () => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    await parts.replies.drain();
    await parts.peers.close();
    await parts.models.close();
  };
  return {
    url,
    port,
    directory,
    parts,
    kill: end,
    stop: async () => {
      await end();
      if (!options.directory)
        await rm(directory, { recursive: true, force: true });
    },
  };
}

const whyNotReady = () => undefined;

export const temporaryDirectory = () =>
  mkdtemp(path.join(tmpdir(), "keepsake-test-"));

async function listenOn(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
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
