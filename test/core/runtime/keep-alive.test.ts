import { connect } from "node:net";
import { createHttpServer, listen } from "../../../app/core/runtime/server";
import { once } from "../../support/wait-for";

test.each([
  ["as long as an ALB may wait, and a little longer", 4_015_000, "4015"],
  ["longer than an ALB's 60 s, unless told otherwise", undefined, "75"],
])("a connection is kept %s", async (_, keepAliveMs, seconds) => {
  const server = createHttpServer((_request, response) => response.end("ok"), {
    keepAliveMs,
  });
  const port = await listen(server, {
    address: "127.0.0.1",
    port: 0,
    setting: "PORT",
  });
  try {
    const socket = connect(port, "127.0.0.1");
    socket.end("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, "close");
    expect(answer).toContain(`Keep-Alive: timeout=${seconds}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
