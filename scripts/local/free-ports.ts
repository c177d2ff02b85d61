import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections. */
const FIRST = 10_000;
const PORTS = 22_000;

/**
 * Ports that nobody has, and that no other process is given while this one lives: whoever they are
 * for may listen on them later, and again after having been down for a while.
 *
 * @param spoken What others will listen on, who don't yet.
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
 * Takes the port of this number that UDP has, and that nobody here wants for itself: one process
 * can have it, until it ends. So those who look at the same time are given different ports.
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
