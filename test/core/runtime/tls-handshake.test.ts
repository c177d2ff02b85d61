import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { createHttpServer, listen } from "../../../app/core/runtime/server";
import { once } from "../../support/wait-for";

const pem = (name: string) =>
  readFileSync(
    path.join(__dirname, "../../support/certificates", `${name}.pem`),
    "utf8",
  );

test.each([
  ["sends nothing", ""],
  ["speaks HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
])(
  "a TLS server closes the connection of a client that %s",
  async (_, sent) => {
    const server = createHttpServer(
      (_request, response) => response.end("ok"),
      {
        certificate: { cert: pem("server"), key: pem("server-key") },
        handshakeMs: 100,
      },
    );
    const port = await listen(server, {
      address: "127.0.0.1",
      port: 0,
      setting: "PORT",
    });
    const socket = connect(port, "127.0.0.1");
    try {
      socket.resume();
      socket.on("error", () => undefined); // a reset is a close, too
      socket.write(sent);
      await once(socket, "close");
      const connections = await promisify(
        (done: (error: Error | null, count: number) => void) =>
          server.getConnections(done),
      )();
      expect(connections).toBe(0);
      server.close();
      await once(server, "close");
    } finally {
      socket.destroy();
      server.close();
    }
  },
);
