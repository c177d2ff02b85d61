import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** Sends a request's head and, once the server has begun to handle it, a part of its body. */
export async function openRequest(
  server: Server,
  head: readonly string[],
  body: string,
) {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let answer = "";
  socket.on("data", (data: Buffer) => (answer += data.toString()));
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  const begun = once(server, "request");
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await begun;
  await new Promise((resolve) => socket.write(body, resolve));
  return {
    /** Disconnects without a word, as a closed browser does. */
    leave: () => socket.destroy(),
    /** What the server answered before it closed the connection. */
    answer: async () => {
      await closed;
      return answer;
    },
  };
}
