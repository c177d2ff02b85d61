import { createServer } from "node:net";

/**
 * Ports that nobody has, from below those that systems give to outgoing connections: a process
 * that is down for a while must find its port free again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 18_000 + Math.floor(Math.random() * 14_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
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
