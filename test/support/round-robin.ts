import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface RoundRobin {
  url: string;
  /** Targets of requests, in turn; may change at any time. */
  backends: string[];
  close(): Promise<void>;
}

/**
 * A small proxy that sends every request to the next backend, without sticky sessions. A backend that
 * refuses the connection is skipped; a connection that breaks later is left to the client.
 *
 * Cannot notice what depends on the load balancer's time-outs, buffers or health checks.
 */
export async function startRoundRobin(backends: string[]): Promise<RoundRobin> {
  const proxy = { backends, url: "", close: () => closed(server) };
  let turn = 0;
  const next = () => proxy.backends[turn++ % proxy.backends.length];
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing, next, proxy.backends.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  proxy.url = `http://127.0.0.1:${port}`;
  return proxy;
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next: () => string | undefined,
  attempts: number,
): void {
  const { hostname, port } = new URL(next() ?? "http://127.0.0.1:1");
  const { method, url: path, headers } = incoming;
  const upstream = request({
    hostname,
    port,
    method,
    path,
    headers,
    agent: false,
  });
  upstream.once("response", (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.once("error", () => outgoing.destroy());
    outgoing.once("close", () => upstream.destroy());
  });
  upstream.once("error", (error: NodeJS.ErrnoException) => {
    if (outgoing.headersSent) outgoing.destroy();
    else if (error.code === "ECONNREFUSED" && attempts > 1) {
      // The body is unsent, so another backend can be tried.
      forward(incoming, outgoing, next, attempts - 1);
    } else outgoing.writeHead(502).end();
  });
  upstream.once("socket", (socket) => {
    socket.setNoDelay(true);
    socket.once("connect", () => incoming.pipe(upstream));
  });
}

async function closed(server: Server): Promise<void> {
  const closing = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closing;
}
