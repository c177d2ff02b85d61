import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer,
  type LookupFunction,
  type Server,
  type Socket,
} from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { Client } from "undici";
import {
  connector,
  securingConnector,
} from "../../../app/web/backend-client/transport/connections";

const folder = path.join(__dirname, "../../support/certificates");
const read = (name: string) => readFileSync(path.join(folder, name), "utf8");

/** For localhost and 127.0.0.1. */
const certificate = { cert: read("server.pem"), key: read("server-key.pem") };
const trust = { ca: read("ca.pem"), serverName: undefined };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  closing.push(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A backend that says by which name it was asked for, and if the TLS session is an earlier one. */
const backend = () =>
  createHttpsServer(certificate, ({ socket }, response) => {
    const { servername } = socket as TLSSocket & { servername: unknown };
    const isReused = (socket as TLSSocket).isSessionReused();
    response.end(JSON.stringify({ servername, isReused }));
  });

/** Accepts connections at once, as the kernel does, and serves them later. */
async function listenBusy(busyMs: number): Promise<number> {
  const port = await listen(backend());
  const server = createServer((socket) => {
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined);
    const serve = () => {
      const served = connect(port, "127.0.0.1");
      served.on("error", () => undefined);
      socket.pipe(served).pipe(socket);
    };
    setTimeout(serve, busyMs);
  });
  return listen(server);
}

const lookup: LookupFunction = (_host, _options, callback) =>
  callback(null, [{ address: "127.0.0.1", family: 4 }]);

function clients(origin: string) {
  const secure = securingConnector(trust, new URL(origin).hostname);
  return async () => {
    const client = new Client(origin, { connect: connector(lookup, secure) });
    closing.push(() => client.destroy());
    const { body } = await client.request({ method: "GET", path: "/" });
    return body.json();
  };
}

it("waits for the handshake of a process that is busy", async () => {
  const port = await listenBusy(700);
  const ask = clients(`https://localhost:${port}`);
  expect(await ask()).toMatchObject({ servername: "localhost" });
});

it("gives up a handshake after two seconds, and closes its connection", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).resume();
    closing.push(() => socket.destroy());
  });
  const closed = once(server, "connection").then(([socket]) =>
    once(socket as Socket, "close"),
  );
  const port = await listen(server);
  const begun = performance.now();
  const ask = clients(`https://localhost:${port}`);
  await expect(ask()).rejects.toThrow("Not connected in 2000 ms");
  expect(performance.now() - begun).toBeGreaterThan(1_900);
  await closed;
});

it("resumes the TLS session of another connection", async () => {
  const port = await listen(backend());
  const ask = clients(`https://localhost:${port}`);
  expect(await ask()).toMatchObject({ isReused: false });
  expect(await ask()).toMatchObject({ isReused: true });
});

it("sends no name to an address, and checks the certificate for the address", async () => {
  const port = await listen(backend());
  const ask = clients(`https://127.0.0.1:${port}`);
  expect(await ask()).toMatchObject({ servername: false });
});

it("checks the certificate for an IPv6 address without its brackets", async () => {
  const port = await listen(backend());
  const target = {
    protocol: "https:",
    host: `[::1]:${port}`,
    hostname: "::1",
    port: `${port}`,
    httpSocket: connect(port, "127.0.0.1"),
  };
  const error = await new Promise((resolve) => {
    securingConnector(trust, "[::1]")(target, (...result) =>
      resolve(result[0]),
    );
  });
  expect(String(error)).toContain("IP: ::1 is not in the cert's list");
});

it("takes a trailing dot for no part of the name", async () => {
  const port = await listen(backend());
  const ask = clients(`https://localhost.:${port}`);
  expect(await ask()).toMatchObject({ servername: "localhost" });
});
