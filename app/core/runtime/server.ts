import {
  createServer,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { ConfigError } from "../config/config";

/** Above the idle time of whoever asks: of an ALB 60 s unless it is told otherwise. */
const KEEP_ALIVE_MS = 75_000;

/**
 * An ALB forwards up to 64 KB of headers and adds its own; its cookies and identity tokens alone
 * exceed Node's default of 16 KB.
 */
const MAX_HEADER_BYTES = 80 * 1_024;

/**
 * Listens, and resolves when connections are accepted.
 *
 * @param setting The name of the setting that the port came from, for the message.
 * @returns The port, which the system chose if 0 was asked for.
 * @throws ConfigError saying what to do if the port can't be had.
 */
export async function listen(
  server: Server,
  port: number,
  setting: string,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(portError(error, port, setting)),
    );
    server.listen(port, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * An HTTP server with the time-outs that all of ours share.
 *
 * @param keepAliveMs How long a connection that nobody uses is kept. It must be longer than those who
 *   ask keep theirs, or one of them sends a request on a connection that is just being closed.
 */
export function createHttpServer(
  listener: RequestListener,
  keepAliveMs = KEEP_ALIVE_MS,
): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: keepAliveMs,
      // A client gets this long to send its request; the answer may take for ever.
      requestTimeout: 60_000,
      headersTimeout: 30_000,
    },
    listener,
  );
  server.on("clientError", (error, socket) =>
    answerClientError(error, socket as Socket),
  );
  return server;
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

function portError(
  error: NodeJS.ErrnoException,
  port: number,
  setting: string,
): ConfigError {
  const reason =
    error.code === "EADDRINUSE"
      ? `${setting} ${port} is in use by another process. Stop that one, or set ${setting} to a free port.`
      : `${setting} ${port} can't be listened on (${error.code ?? error.message}). Set ${setting} to another port.`;
  return new ConfigError(reason);
}
