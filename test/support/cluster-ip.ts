import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface ClusterIp {
  url: string;
  /** Targets of new connections, such as `http://127.0.0.1:8081`; may change at any time. */
  endpoints: string[];
  /** Number of connections, refused ones included. */
  connections: number;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * Stands in for a Service's ClusterIP: like kube-proxy, it assigns each connection to a random endpoint.
 * A listed endpoint that is gone refuses connections. Cannot notice code that waits for a pod whose
 * node is gone: there, packets vanish. The tests on kind kill pods.
 */
export async function startClusterIp(endpoints: string[]): Promise<ClusterIp> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    address.connections += 1;
    const among = Math.floor(Math.random() * address.endpoints.length);
    const { hostname, port } = new URL(
      address.endpoints[among] ?? "http://127.0.0.1:1",
    );
    const endpoint = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, endpoint],
      [endpoint, client],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.once("error", () => other.destroy());
      one.once("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const address: ClusterIp = {
    url: `http://127.0.0.1:${port}`,
    endpoints,
    connections: 0,
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    close: async () => {
      address.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return address;
}
