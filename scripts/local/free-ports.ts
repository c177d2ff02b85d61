import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below the ephemeral port range. */
const FIRST = 10_000;
const PORTS = 22_000;

/**
 * Reserves free ports for as long as this process lives. Their users may listen on them later, and
 * again after a restart.
 *
 * @param spoken Ports that are free now but already assigned.
 */
export async function freePorts(
  count: number,
  spoken: number[] = [],
): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * PORTS);
    if (!spoken.includes(port) && (await take(port))) ports.push(port);
  }
  return ports;
}

/**
 * Reserves a TCP port by binding the UDP port of the same number, which nothing else here uses. The
 * system releases it when this process exits. Concurrent callers get different ports.
 */
async function take(port: number): Promise<boolean> {
  const token = createSocket("udp4");
  const isMine = await new Promise<boolean>((resolve) => {
    token.once("error", () => resolve(false));
    token.bind({ port, address: "127.0.0.1", exclusive: true }, () =>
      resolve(true),
    );
  });
  token.unref();
  if (isMine && (await isFree(port))) return true;
  token.close();
  return false;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, () => resolve(true));
  });
  if (!isListening) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}
