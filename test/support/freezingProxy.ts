import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * Stands before a server, which it can make look frozen to those who are connected: their
 * connections stay open, and nothing more comes through them. Whoever connects again is served.
 */
export async function startFreezingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.once("error", () => to.destroy());
      from.once("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** @returns how many connections it froze. */
    freeze(): number {
      for (const socket of open) socket.unpipe();
      return open.size / 2;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
