import { createServer } from "node:net";

/** Those who look for ports at the same time, as jest's workers do, look in different places. */
const FIRST = 18_000;
const PLACES = 14;
const PORTS_OF_A_PLACE = 1_000;

const place = Number(process.env.JEST_WORKER_ID ?? 0) % PLACES;

/** What was given away may not be taken yet. */
const given = new Set<number>();

/**
 * Ports that nobody has, from below those that systems give to outgoing connections: a process
 * that is down for a while must find its port free again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const among = Math.floor(Math.random() * PORTS_OF_A_PLACE);
    const port = FIRST + place * PORTS_OF_A_PLACE + among;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
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
