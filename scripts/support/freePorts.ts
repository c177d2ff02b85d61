import { createServer } from "node:net";

/** Where to look: ports from `first` on, so many. */
interface Place {
  first: number;
  ports: number;
}

const OF_SCRIPTS: Place = { first: 10_000, ports: 8_000 };
const OF_WORKERS: Place = { first: 18_000, ports: 1_000 };
const WORKERS = 14;

/**
 * Those who look for ports at the same time look in different places: what one was given and
 * doesn't listen on yet, another would find free. Jest's workers have a place each.
 */
function placeOf(worker: string | undefined): Place {
  if (worker === undefined) return OF_SCRIPTS;
  const { first, ports } = OF_WORKERS;
  return { first: first + (Number(worker) % WORKERS) * ports, ports };
}

const place = placeOf(process.env.JEST_WORKER_ID);

/** What was given away may not be taken yet. */
const given = new Set<number>();

/**
 * Ports that nobody has, from below those that systems give to outgoing connections: a process
 * that is down for a while must find its port free again.
 *
 * @param spoken What others will listen on, who don't yet.
 */
export async function freePorts(
  count: number,
  spoken: number[] = [],
): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = place.first + Math.floor(Math.random() * place.ports);
    if (given.has(port) || spoken.includes(port)) continue;
    if (!(await isFree(port))) continue;
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
