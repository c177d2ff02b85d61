import { connect, createServer, type AddressInfo, type Socket } from "node:net";

interface Passage {
  client: Socket;
  upstream: Socket;
  /** True for a stream of events. */
  isStream: boolean;
}

/**
 * A proxy that can freeze the event streams of a server: their connections stay open and silent. New
 * connections are served. Cannot notice code that minds a lost packet or a closed port: the kernel
 * still acknowledges what is sent into a frozen connection.
 */
export async function startFreezingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<Passage>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const passage = { client, upstream, isStream: false };
    open.add(passage);
    upstream.on("data", (chunk: Buffer) => {
      passage.isStream ||= chunk.includes("text/event-stream");
    });
    join(passage, () => open.delete(passage));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** @returns Number of frozen streams; if 0, nothing was done. */
    freeze(): number {
      const streams = [...open].filter(({ isStream }) => isStream);
      // Otherwise a connection that is about to become a stream would be ended again and again.
      if (streams.length === 0) return 0;
      for (const passage of open) {
        passage.client.unpipe();
        passage.upstream.unpipe();
        // An idle keep-alive connection is not frozen: it would swallow the next request.
        if (!passage.isStream) passage.client.destroy();
      }
      return streams.length;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const { client } of open) client.destroy();
      }),
  };
}

function join({ client, upstream }: Passage, onClose: () => void): void {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.pipe(to);
    from.once("error", () => to.destroy());
    from.once("close", () => {
      to.destroy();
      onClose();
    });
  }
}
