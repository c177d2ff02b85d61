import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../config/config";

/** Above the idle time of whoever asks: of an ALB 60 s unless it is told otherwise. */
const KEEP_ALIVE_MS = 75_000;

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
      keepAliveTimeout: keepAliveMs,
      // A client gets this long to send its request; the answer may take for ever.
      requestTimeout: 60_000,
      headersTimeout: 30_000,
    },
    listener,
  );
  return server;
}

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
