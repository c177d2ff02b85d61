import { randomUUID } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { limits } from "../../app/core/domain/records";
import {
  backend,
  createConversation,
  useBackend,
  whenAnswered,
} from "../support/fixtures";
import { hashOfToken, open, revoke, share, shared } from "../support/share";
import { callApi, startBackend } from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();

useBackend(beforeEach, afterEach);

let owner: string;
let id: string;

beforeEach(async () => {
  owner = randomUUID();
  const { conversation } = await createConversation(owner, { text: "Secret" });
  ({ id } = conversation);
  await whenAnswered(owner, id);
});

const list = async (by = owner) => {
  const { body } = await callApi(backend, "GET", "/v1/links", { owner: by });
  return (body as { links: { id: string; token: string }[] }).links;
};

/** Another backend on the same directory. */
const another = () => startBackend({ directory: backend.directory });

it("reads a link by its token alone, on any process", async () => {
  const { token } = await shared(owner, id);
  const other = await another();
  try {
    const { status, body } = await open(token, other);
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: "Secret", hasOlder: false });
    expect((body as { messages: object[] }).messages).toHaveLength(2);
  } finally {
    await other.stop();
  }
});

it("revokes a link on every process before the call is answered", async () => {
  const { id: link, token } = await shared(owner, id);
  const other = await another();
  try {
    expect((await open(token, other)).status).toBe(200);
    expect((await revoke(owner, link)).status).toBe(204);
    expect((await open(token, other)).status).toBe(404);
    expect((await open(token)).status).toBe(404);
    expect(await list()).toEqual([]);
    expect((await revoke(owner, link)).status).toBe(204);
  } finally {
    await other.stop();
  }
});

it("finds a link although its token was looked up before it existed", async () => {
  const key = "the-key-of-this-link";
  const post = (at = backend) =>
    callApi(at, "POST", `/v1/conversations/${id}/links`, {
      owner,
      body: {},
      headers: { "idempotency-key": key },
    });
  const elsewhere = await startBackend({ directory: await copied() });
  const { body } = await post(elsewhere);
  await elsewhere.stop();
  const { token } = body as { token: string };
  expect((await open(token)).status).toBe(404);
  await post();
  expect((await open(token)).status).toBe(200);
});

async function copied(): Promise<string> {
  const copy = await temporaryFolder();
  await cp(backend.directory, copy, { recursive: true });
  return copy;
}

it("shows nothing of reasoning, usage and the place in the conversation", async () => {
  const { token } = await shared(owner, id);
  const { body } = await open(token);
  const { messages } = body as { messages: object[] };
  expect(messages.map((message) => Object.keys(message).toSorted())).toEqual([
    ["at", "number", "role", "text"],
    ["at", "model", "modelName", "number", "outcome", "role", "text"],
  ]);
});

it("stores no token, and neither the text nor the owner's id", async () => {
  const { token } = await shared(owner, id);
  const folder = path.join(backend.directory, "records");
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const ofLinks = all.filter(
    ({ parentPath, name }) =>
      /\/(?:links|shared)(?:\/|$)/.test(parentPath) && name !== "",
  );
  expect(ofLinks.length).toBeGreaterThan(2);
  for (const entry of ofLinks) {
    expect(entry.name).not.toContain(token);
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const text = await readFile(file, "utf8");
    expect(text).not.toMatch(new RegExp(`${token}|You said|${owner}`));
  }
});

it("gives each owner tokens that do not follow from what is stored", async () => {
  const first = await shared(owner, id);
  const second = await shared(owner, id);
  expect(first.token).not.toBe(second.token);
  for (const guess of [first.id, hashOfToken(first.token).slice(0, 26)]) {
    expect((await open(guess)).status).toBe(404);
  }
});

it("shares the thread of a message that is not the newest version", async () => {
  const { status } = await callApi(
    backend,
    "POST",
    `/v1/conversations/${id}/messages`,
    { owner, body: { text: "Edited", insteadOf: 1 } },
  );
  expect(status).toBe(201);
  await whenAnswered(owner, id);
  const { body } = await callApi(
    backend,
    "POST",
    `/v1/conversations/${id}/links`,
    { owner, body: { through: 1 } },
  );
  const page = await open((body as { token: string }).token);
  expect(page.body).toMatchObject({ messages: [{ text: "Secret" }, {}] });
});

it("refuses a link beyond the limit, and allows one after another was revoked", async () => {
  const made = [];
  for (let count = 0; count < limits.links; count++) {
    made.push(await shared(owner, id));
  }
  const refused = await share(owner, id);
  expect(refused.status).toBe(403);
  expect(refused.body).toMatchObject({
    detail: expect.stringContaining(`${limits.links} shared links`),
  });
  await revoke(owner, made[0]!.id);
  expect((await share(owner, id)).status).toBe(201);
});

it("does not share again under the key of a revoked link", async () => {
  const post = () =>
    callApi(backend, "POST", `/v1/conversations/${id}/links`, {
      owner,
      body: {},
      headers: { "idempotency-key": "a-key" },
    });
  const { body } = await post();
  await revoke(owner, (body as { id: string }).id);
  const { status, body: problem } = await post();
  expect(status).toBe(409);
  expect(problem).toMatchObject({
    detail: expect.stringContaining("was revoked"),
  });
});

it("forgets the links of an erased owner, and the files that led to them", async () => {
  const { token } = await shared(owner, id);
  await callApi(backend, "DELETE", "/v1/owner", { owner });
  expect((await open(token)).status).toBe(404);
  const hash = hashOfToken(token);
  const shard = path.join(
    backend.directory,
    "records/shared",
    hash.slice(0, 2),
  );
  expect(await readdir(shard)).toEqual([]);
});

it("keeps another owner from revoking, and from reading by an id", async () => {
  const link = await shared(owner, id);
  await revoke("intruder", link.id);
  expect((await open(link.token)).status).toBe(200);
  expect(await list("intruder")).toEqual([]);
  expect((await share("intruder", id)).status).toBe(404);
});
