import { createServer } from "node:http";
import { createLog } from "../../app/core/runtime/log";
import { openRequest } from "../support/broken-request";
import { startBackend, TOKEN } from "../support/start-backend";
import { waitFor } from "../support/wait-for";

it("counts an aborted call as a departure, not as a fault", async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const server = createServer();
  const backend = await startBackend({
    log: createLog("debug", {}, { write }),
    server,
  });
  const request = await openRequest(
    server,
    [
      "POST /v1/conversations HTTP/1.1",
      "host: backend",
      `authorization: Bearer ${TOKEN}`,
      "keepsake-owner: ada",
      "content-type: application/json",
      "content-length: 1000",
    ],
    '{"text":"a-planted-message',
  );
  request.leave();
  await waitFor(async () => lines.join("").includes("request completed"));
  expect(lines.join("")).toContain('"status":499');
  expect(lines.join("")).not.toMatch(/"level":"error"|a-planted-message/);
  await backend.stop();
});
