import { randomUUID } from "node:crypto";
import {
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promptQueueOf } from "../../app/backend/conversations/prompt-queue";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import {
  createConversation,
  backend,
  listConversations,
  readConversation,
  useBackend,
  whenListed,
} from "../support/fixtures";
import { open, revoke, shared } from "../support/share";
import { startProcess } from "../support/processes";
import { callApi, startBackend } from "../support/start-backend";
import { upload } from "../support/upload";

const MAIN = path.join(__dirname, "../../app/check-data/main.ts");

let owner: string;
let id: string;

useBackend(beforeEach, afterEach);
beforeEach(async () => {
  owner = randomUUID();
  const { conversation } = await createConversation(owner);
  await whenListed(owner, conversation.id);
  id = conversation.id;
});

const folders = () => recordFoldersIn(path.join(backend.directory, "records"));
const conversation = () =>
  path.join(folders().conversations(hashOf(owner)), id);
const inConversation = (...parts: string[]) =>
  path.join(conversation(), ...parts);

/** Checks the directory in a process. */
async function check(...options: string[]) {
  const { directory } = backend;
  const ended = await startProcess(MAIN, [...options, directory]).ended;
  expect(ended.errors).toBe("");
  const problems = ended.output
    .split("\n")
    .filter((line) => /^\w+\/.* /.test(line));
  return { code: ended.code, output: ended.output, problems };
}

const lost = () => path.join(backend.directory, "records", "lost+found");

/** Every file under a folder, with its text. */
async function allTexts(folder: string): Promise<string> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) =>
    readFile(path.join(parentPath, name), "utf8"),
  );
  return (await Promise.all(texts)).join("\n");
}

test("finds nothing wrong in the data of a running Keepsake", async () => {
  const body = { name: "Garden" };
  await callApi(backend, "POST", "/v1/projects", { owner, body });
  expect(await check()).toMatchObject({ code: 0, problems: [] });
});

test.each([["no such folder"], [""]])(
  "says what to do for %j",
  async (directory) => {
    const args = directory ? [path.join(backend.directory, directory)] : [];
    const ended = await startProcess(MAIN, args).ended;
    expect(ended.code).toBe(2);
    expect(ended.errors).not.toBe("");
  },
);

interface Fault {
  name: string;
  damage: () => Promise<unknown>;
  problem: string;
  /** True if the conversation is whole after the repair. */
  opens: boolean;
}

const faults: Fault[] = [
  {
    name: "an entry of zeros",
    damage: async () => {
      await truncate(inConversation("messages", "2"), 0);
      await truncate(inConversation("messages", "2"), 300);
    },
    problem: "messages/2 can't be read as an entry",
    opens: true,
  },
  {
    name: "a torn version",
    damage: () => writeFile(inConversation("settings", "v2"), '{"format":1,'),
    problem: "settings/v2 can't be read as a version",
    opens: true,
  },
  {
    name: "a temporary file",
    damage: () =>
      writeFile(inConversation("messages", `${"a".repeat(24)}.tmp`), "x"),
    problem: "is the temporary file of an unfinished write",
    opens: true,
  },
  {
    name: "a foreign file",
    damage: () => writeFile(inConversation("messages", ".DS_Store"), "x"),
    problem: "messages/.DS_Store is no file of Keepsake",
    opens: true,
  },
  {
    name: "missing settings",
    damage: () => rm(inConversation("settings"), { recursive: true }),
    problem: "has no readable settings",
    opens: true,
  },
  {
    name: "a missing event",
    damage: () => rm(folders().ownerEvents(hashOf(owner)), { recursive: true }),
    problem: "is not in the owner's list",
    opens: true,
  },
  {
    name: "a reply log of a message that is not in the copy",
    damage: async () => {
      await mkdir(inConversation("replies", "4"));
      await rename(
        inConversation("replies", "2", "2"),
        inConversation("replies", "4", "1"),
      );
    },
    problem: "replies/4 answers a message that does not exist",
    opens: true,
  },
  {
    name: "an active reply of a missing conversation",
    damage: async () => {
      const index = folders().activeReplies;
      await mkdir(index, { recursive: true });
      const name = `${hashOf(owner)}.${"a".repeat(26)}.2`;
      await writeFile(path.join(index, name), "");
    },
    problem: "names a reply to a message that does not exist",
    opens: true,
  },
  {
    name: "no message",
    damage: () => rm(inConversation("messages"), { recursive: true }),
    problem: "has no message",
    opens: false,
  },
  {
    name: "no message but an unreadable one",
    damage: async () => {
      await truncate(inConversation("messages", "1"), 0);
      await rm(inConversation("messages", "2"));
    },
    problem: "messages/1 can't be read as an entry",
    opens: false,
  },
  {
    name: "a missing conversation",
    damage: () => rm(conversation(), { recursive: true }),
    problem: "is listed and does not exist",
    opens: false,
  },
];

test.each(faults)(
  "finds and repairs $name, and deletes nothing",
  async ({ damage, problem, opens }) => {
    await backend.parts.replies.drain();
    await damage();
    const before = await allTexts(path.join(backend.directory, "records"));
    const found = await check();
    expect(found.code).toBe(1);
    expect(found.output).toContain(problem);
    expect(found.output).toContain("With --repair");
    expect(await readdir(path.dirname(lost()))).not.toContain("lost+found");
    const repaired = await check("--repair");
    expect(repaired.code).toBe(0);
    expect(repaired.problems.length).toBeGreaterThan(0);
    const after = await allTexts(path.join(backend.directory, "records"));
    for (const line of before.split("\n")) expect(after).toContain(line);
    const again = await check();
    expect(again).toMatchObject({ code: 0, problems: [] });

    const restored = await startBackend({ directory: backend.directory });
    const { conversations } = await listConversations(owner, "", restored);
    expect(conversations.map((one) => one.id)).toEqual(opens ? [id] : []);
    const pages = conversations.map((one) =>
      readConversation(owner, one.id, { at: restored }),
    );
    const texts = (await Promise.all(pages)).map(
      ({ messages }) => messages[0]?.text,
    );
    expect(texts).toEqual(opens ? ["Hello there"] : []);
    await restored.stop();
  },
);

test("repaired files belong to the folder's owner, also when root repairs", async () => {
  await backend.parts.replies.drain();
  const { directory } = backend;
  const own = process.getuid!();
  const user = own === 0 ? 1000 : own;
  const everything = async () => {
    const names = await readdir(directory, { recursive: true });
    return names.map((name) => path.join(directory, name));
  };
  for (const file of await everything()) await lchown(file, user, user);
  await rm(inConversation("settings"), { recursive: true });
  await rm(folders().ownerEvents(hashOf(owner)), { recursive: true });
  expect((await check("--repair")).code).toBe(0);
  const uids = await Promise.all(
    (await everything()).map(async (file) => (await lstat(file)).uid),
  );
  expect(new Set(uids)).toEqual(new Set([user]));
});

/** Adds a conversation with a file, and returns the file's path. */
async function addFile(): Promise<string> {
  await backend.parts.replies.drain();
  const { file } = await upload(backend, "Kept to the last byte", { owner });
  const body = { text: "See this", files: [file.id] };
  const created = await createConversation(owner, body);
  const of = {
    ownerHash: hashOf(owner),
    conversation: created.conversation.id,
  };
  return path.join(folders().files(of), file.id);
}

test("finds nothing wrong in files and in uploads that are not sent", async () => {
  await addFile();
  await upload(backend, "Not sent", { owner });
  expect(await check()).toMatchObject({ code: 0, problems: [] });
});

test("moves a damaged file away, and says which message lacks it", async () => {
  const file = await addFile();
  const bytes = await readFile(file);
  bytes[3]! ^= 1;
  await rm(file);
  await writeFile(file, bytes);
  const found = await check("--repair");
  expect(found.code).toBe(1);
  expect(found.output).toContain("is a damaged upload");
  expect(found.output).toContain("is the file of a message, and is missing");
  const where = path.relative(path.dirname(lost()), file);
  expect(await readFile(path.join(lost(), where))).toEqual(bytes);
});

test("reports the missing file of a message", async () => {
  await rm(await addFile());
  const found = await check("--repair");
  expect(found.code).toBe(1);
  expect(found.problems).toHaveLength(1);
  expect(found.output).toContain("is the file of a message, and is missing");
  expect(found.output).toContain("Restore the file from another backup");
});

test("leaves a file in the format of a later version alone, and says so", async () => {
  const file = await addFile();
  const bytes = (await readFile(file)).toString("latin1");
  await rm(file);
  await writeFile(file, bytes.replace('"format":1', '"format":2'), "latin1");
  const found = await check("--repair");
  expect(found.code).toBe(1);
  expect(found.problems).toHaveLength(1);
  expect(found.output).toContain("has the format of a later version");
  expect((await readFile(file)).length).toBe(bytes.length);
});

test("reports the missing file of a queued message", async () => {
  await backend.parts.replies.drain();
  const ownerHash = hashOf(owner);
  const files = folders().files({ ownerHash, conversation: id });
  const { file } = await upload(backend, "Queued", { owner });
  const queue = promptQueueOf(
    { files: createStorageContext(), folders: folders() },
    { ownerHash, conversation: id },
  );
  const at = new Date().toISOString();
  await queue.add({ text: "And this?", at, files: [file] }, 2);
  const found = await check();
  expect(found.code).toBe(1);
  expect(found.output).toContain(path.join(path.basename(files), file.id));
  expect(found.output).toContain("is the file of a message, and is missing");
});

test("leaves the format of a later version alone, and says so", async () => {
  await writeFile(inConversation("settings", "v2"), '{"format":2,"new":1}');
  const found = await check("--repair");
  expect(found.code).toBe(1);
  expect(found.output).toContain(
    "settings/v2 has the format of a later version",
  );
  expect(await readdir(inConversation("settings"))).toContain("v2");
});

test("finds nothing wrong in shared and revoked links", async () => {
  await shared(owner, id);
  const { id: revoked } = await shared(owner, id);
  await revoke(owner, revoked);
  expect(await check()).toMatchObject({ code: 0, problems: [] });
});

test("gives a link the file again by which its token is looked up", async () => {
  const { token } = await shared(owner, id);
  await rm(folders().shared, { recursive: true });
  expect((await open(token)).status).toBe(404);
  const { problems } = await check("--repair");
  expect(problems).toEqual([
    expect.stringMatching(/can't be found by its token/),
  ]);
  expect((await open(token)).status).toBe(200);
});

test("checks sessions too", async () => {
  const sessions = path.join(backend.directory, "sessions");
  const hash = hashOf("a session");
  const folder = path.join(sessions, hash.slice(0, 2), hash);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "v1"), "torn");
  expect((await check()).output).toContain(
    `sessions/${hash.slice(0, 2)}/${hash} has no readable version`,
  );
  expect((await check("--repair")).code).toBe(0);
  expect(await check()).toMatchObject({ code: 0, problems: [] });
});
