import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A request that a scripted server received. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answer = (
  response: ServerResponse,
  request: ReceivedRequest,
) => void | Promise<void>;

/**
 * A real HTTP server on loopback that sends exactly the bytes of a test. Cannot notice a wrong request:
 * the test must look at `requests`. The network loses and delays nothing.
 */
export interface ScriptedServer {
  url: string;
  requests: ReceivedRequest[];
  /** Answers requests whose path has this end, in order; the last answer repeats. */
  on(path: string, ...answers: Answer[]): void;
  /** Resolves when all responses are complete or aborted. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** @param tls Certificate and key, for HTTPS. */
export async function startScriptedServer(tls?: {
  cert: string;
  key: string;
}): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const scripts = new Map<string, Answer[]>();
  const open = new Set<ServerResponse>();

  const listener: RequestListener = (request, response) => {
    open.add(response);
    response.once("close", () => open.delete(response));
    void answer(request, response);
  };

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = request.url ?? "";
    const body = await bodyOf(request);
    const { method = "", headers } = request;
    const what = { method, path, headers, body };
    requests.push(what);
    const suffix = [...scripts.keys()].find((end) => path.endsWith(end));
    const answers = suffix === undefined ? [] : scripts.get(suffix)!;
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next) await next(response, what);
    else response.writeHead(404).end("Not found");
  }

  const http: Server = tls
    ? createTlsServer(tls, listener)
    : createServer(listener);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    on: (path, ...answers) => void scripts.set(path, answers),
    idle: async () => {
      for (const response of open) await once(response, "close");
    },
    close: async () => {
      if (!http.listening) return;
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

/** The server of the running test, in files that call {@link useScriptedServer}. */
export let server: ScriptedServer;

/** Starts a server for each test of the file. */
export function useScriptedServer(): void {
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.close());
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
