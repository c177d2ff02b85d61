import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { ConfigError } from "../config/config";
import { limits } from "../domain/records";
import type { Certificate } from "./certificates";

/** Must exceed the client's idle time-out: an ALB's is 60 s by default. */
const KEEP_ALIVE_MS = 75_000;
const HANDSHAKE_MS = 10_000;

/**
 * An ALB forwards up to 64 KB of headers and adds its own; its cookies and identity tokens alone
 * exceed Node's default of 16 KB.
 */
const MAX_HEADER_BYTES = 80 * 1_024;

export interface ListenOptions {
  /** `LISTEN_ADDRESS` */
  address: string;
  port: number;
  /** Name of the setting that has the port, for the error message. */
  setting: string;
}

/**
 * Starts listening; resolves when connections are accepted.
 *
 * @returns The port; for 0 the one that the system chose.
 * @throws ConfigError if the port or the address is not available.
 */
export async function listen(
  server: Server,
  options: ListenOptions,
): Promise<number> {
  const { address, port } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(listenError(error, options)),
    );
    // Without a host, Node falls back to IPv4 on a machine that has no IPv6.
    const host = address === "::" ? undefined : address;
    server.listen({ port, host }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

export interface HttpServerOptions {
  /**
   * Idle time-out of a connection. It must exceed the client's own, or the client sends a request on
   * a connection that is just being closed.
   */
  keepAliveMs?: number;
  /** Serves by TLS alone. */
  certificate?: Certificate | undefined;
  /** A client gets this long for its TLS handshake. */
  handshakeMs?: number;
}

/** Creates an HTTP server with the time-outs that all processes share. */
export function createHttpServer(
  listener: RequestListener,
  {
    keepAliveMs = KEEP_ALIVE_MS,
    certificate,
    handshakeMs = HANDSHAKE_MS,
  }: HttpServerOptions = {},
): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: keepAliveMs,
    // A client gets this long to send its request, a file on a slow line included. All
    // others have less: see `limitBody`. The response has no limit.
    requestTimeout: limits.uploadMinutes * 60_000,
    headersTimeout: 30_000,
  };
  const server = certificate
    ? createTlsServer(
        { ...options, ...certificate, handshakeTimeout: handshakeMs },
        listener,
      )
    : createServer(options, listener);
  server.on("clientError", (error, socket) =>
    answerClientError(error, socket as Socket),
  );
  // A response is sent after the handshake, so a graceful close would wait for a silent client.
  server.on("tlsClientError", (_error: Error, socket: Socket) =>
    socket.destroy(),
  );
  return server;
}

/** A client gets this long to send a body that is no file. */
const BODY_MS = 60_000;

/** Ends the connection of a client that sends its body too slowly. */
export function limitBody(request: IncomingMessage, ms = BODY_MS): void {
  const timer = setTimeout(() => request.destroy(), ms).unref();
  const stop = () => clearTimeout(timer);
  request.once("end", stop).once("close", stop);
}

/** Answers a request that cannot be parsed, as Node would, but with a message. */
function answerClientError(
  { code = "" }: NodeJS.ErrnoException,
  socket: Socket,
): void {
  const status = CLIENT_ERRORS[code] ?? 400;
  const text = status === 431 ? HEADERS_TOO_LARGE : "";
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        "connection: close\r\ncontent-type: text/plain; charset=utf-8\r\n" +
        `content-length: ${text.length}\r\n\r\n${text}`,
    );
  }
  socket.destroySoon();
}

const CLIENT_ERRORS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const HEADERS_TOO_LARGE =
  "The request's headers are longer than 80 KB. Delete this site's cookies in your browser, then reload the page.\n";

function listenError(
  error: NodeJS.ErrnoException,
  { address, port, setting }: ListenOptions,
): ConfigError {
  if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") {
    return new ConfigError(
      `LISTEN_ADDRESS ${address} is no address of this machine (${error.code}). Set it to one, or to :: for every interface.`,
    );
  }
  const reason =
    error.code === "EADDRINUSE"
      ? `${setting} ${port} is in use by another process. Stop that one, or set ${setting} to a free port.`
      : `${setting} ${port} can't be listened on (${error.code ?? error.message}). Set ${setting} to another port.`;
  return new ConfigError(reason);
}
