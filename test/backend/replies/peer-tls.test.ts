import { readFileSync } from "node:fs";
import path from "node:path";
import { createHttpServer, listen } from "../../../app/core/runtime/server";
import type { EpochHeader } from "../../../app/backend/replies/log/records";
import { createPeerClient } from "../../../app/backend/replies/writing/peer-client";

const pem = (name: string) =>
  readFileSync(
    path.join(__dirname, "../../support/certificates", `${name}.pem`),
    "utf8",
  );

const token = () => Promise.resolve("a token");

test("a backend asks another one by TLS, and only one with the right certificate", async () => {
  const asked: (string | undefined)[] = [];
  const server = createHttpServer(
    ({ headers }, response) => {
      asked.push(headers.authorization);
      response.end();
    },
    {
      certificate: { cert: pem("other-server"), key: pem("other-server-key") },
    },
  );
  const port = await listen(server, {
    address: "127.0.0.1",
    port: 0,
    setting: "PORT",
  });
  const epoch: EpochHeader = {
    format: 1,
    kind: "epoch",
    epoch: 1,
    holder: `https://127.0.0.1:${port}`,
    process: "another",
    keep: 0,
  };
  const ref = { ownerHash: "ada", conversation: "one", number: 2 };
  const ask = async (ca: string | undefined, serverName?: string) => {
    const trust = { ca, serverName };
    const peers = createPeerClient({ token, silenceMs: 5_000, trust });
    try {
      return await peers.isWriting(epoch, ref);
    } finally {
      await peers.close();
    }
  };
  const name = "backend.keepsake.svc";
  expect(await ask(pem("other-ca"), name)).toBe(true);
  expect(asked).toEqual(["Bearer a token"]);
  expect(await ask(pem("ca"), name)).toBeUndefined();
  expect(await ask(pem("other-ca"), "another.keepsake.svc")).toBeUndefined();
  expect(await ask(pem("other-ca"))).toBeUndefined();
  expect(await ask(undefined, name)).toBeUndefined();
  expect(asked).toHaveLength(1);
  server.close();
  server.closeAllConnections();
});
