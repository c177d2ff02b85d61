import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";

/**
 * An HTTP proxy on loopback that tunnels by CONNECT and records the targets. Resolves names itself, so
 * it cannot notice a client that asked DNS before.
 */
export interface TestProxy {
  url: string;
  /** `host:port` of each tunnel. */
  tunnels: string[];
  close(): Promise<void>;
}

/** @param authorization The required header; other requests are refused. */
export async function startTestProxy(
  authorization?: string,
): Promise<TestProxy> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on("connect", (request, socket, head: Buffer) => {
    const shown = request.headers["proxy-authorization"];
    if (authorization !== undefined && shown !== authorization) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const target = request.url ?? "";
    tunnels.push(target);
    const [host, port] = target.split(":");
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    const end = () => {
      upstream.destroy();
      socket.destroy();
    };
    for (const side of [upstream, socket])
      side.on("error", end).on("close", end);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    tunnels,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
