import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import path from "node:path";
import { FileRef } from "../../../app/core/domain/records";
import { startProcess } from "../../support/processes";
import { createConversation } from "../../support/fixtures";
import { startBackend, TOKEN } from "../../support/start-backend";
import { temporaryFolders } from "../../support/temporary-folder";
import { download } from "../../support/upload";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();
const MAIN = path.join(__dirname, "../../../app/backend/main.ts");

test("an upload that is under way when its backend drains is acknowledged and kept", async () => {
  const directory = await temporaryFolder();
  const child = startProcess(MAIN, [], {
    DATA_DIRECTORY: path.join(directory, "records"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    INTERNAL_TOKEN: TOKEN,
    PORT: "0",
    METRICS_PORT: "0",
    DRAIN_SECONDS: "12",
    LOG_LEVEL: "info",
  });
  let log = "";
  child.stdout?.on("data", (piece) => (log += String(piece)));
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const sent = request({
    port,
    method: "POST",
    path: "/v1/files",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "keepsake-owner": "ada",
      "content-type": "application/octet-stream",
      "keepsake-file-name": "notes.txt",
    },
  });
  sent.write("Kept to ");
  await once(sent, "socket");
  await new Promise<void>((resolve) => sent.write("the ", () => resolve()));
  child.kill("SIGTERM");
  await waitFor(async () => log.includes("draining"));
  sent.end("last byte");
  const [response] = await once(sent, "response");
  expect(response.statusCode).toBe(201);
  const file = FileRef.parse(JSON.parse(await text(response)));
  expect((await child.ended).code).toBe(0);

  const next = await startBackend({ directory });
  const body = { text: "See this", files: [file.id] };
  const { conversation } = await createConversation("ada", body, next);
  const served = await download(next, conversation.id, file.id);
  expect(served.content.toString()).toBe("Kept to the last byte");
  await next.stop();
}, 120_000);
