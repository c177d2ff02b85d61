import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describeApi } from "../../app/backend/routes/openapi";
import { operations } from "../../app/core/api/operations";
import { callApi, startBackend } from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";

const run = promisify(execFile);
const temporaryFolder = temporaryFolders();

test("the API's description passes the linter", async () => {
  const file = path.join(await temporaryFolder(), "openapi.json");
  await writeFile(file, JSON.stringify(describeApi()));
  const redocly = path.join(__dirname, "../../node_modules/.bin/redocly");
  const { stderr } = await run(redocly, ["lint", file], {
    env: { ...process.env, REDOCLY_TELEMETRY: "off", CI: "true" },
  });
  expect(stderr).toContain("Your API description is valid");
  expect(stderr).not.toMatch(/\d warning/i);
});

test("the description is served, and has every operation", async () => {
  const backend = await startBackend();
  const response = await fetch(`${backend.url}/openapi.json`);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const document = (await response.json()) as ReturnType<typeof describeApi>;
  expect(document.openapi).toBe("3.1.0");
  const ids = Object.values(document.paths ?? {}).flatMap((methods) =>
    Object.values(methods).map(
      (method) => (method as { operationId: string }).operationId,
    ),
  );
  const streamed = [
    "beginImport",
    "readFile",
    "readReply",
    "readReplyEnd",
    "readSharedFile",
    "uploadFile",
  ];
  expect(ids.toSorted()).toEqual(
    [...Object.keys(operations), ...streamed].toSorted(),
  );
  await backend.stop();
});

test.each(["live=never", "live=sse", "offset=one", "ahead=false"])(
  "a reply's stream asked for by %s is refused with a sentence",
  async (query) => {
    const backend = await startBackend();
    const made = await callApi(backend, "POST", "/v1/conversations", {
      owner: "me",
      body: { text: "Hello" },
    });
    const { conversation } = operations.createConversation.answer.parse(
      made.body,
    );
    const address = `/v1/conversations/${conversation.id}/replies/2?${query}`;
    const answer = await callApi(backend, "GET", address, { owner: "me" });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(/must be|need|Use/);
    await backend.stop();
  },
);
