import { Registry } from "prom-client";
import { Activity } from "../../app/backend/activity/Activity";
import { Conversations } from "../../app/backend/conversations/Conversations";
import { ConversationSettings } from "../../app/backend/conversations/ConversationSettings";
import { RecordsOfReplies } from "../../app/backend/conversations/RecordsOfReplies";
import { ReplyStates } from "../../app/backend/conversations/ReplyStates";
import { recordFoldersIn } from "../../app/shared/disk/recordFolders";
import { createModels } from "../../app/backend/models/createModels";
import { createEliza } from "../../app/backend/models/eliza/createEliza";
import { Projects } from "../../app/backend/projects/Projects";
import type { Replies } from "../../app/backend/replies/Replies";
import { createFiles } from "../../app/shared/files/Files";
import type { FileSystem } from "../../app/shared/files/FileSystem";
import { createLog } from "../../app/shared/log";
import { failOnce, type FaultKind } from "../support/faultyFileSystem";
import { MemoryDisk } from "../support/memoryDisk";

const OWNER = "0a".repeat(32);
const GIVEN = { text: "Not to be lost", model: "eliza/eliza" };

/** What is written is what a prompt's own files are: replies are cut elsewhere. */
const replies = {
  admit: () => Promise.resolve(),
  begin: () => Promise.resolve(),
  snapshot: () => Promise.resolve(undefined),
} as unknown as Replies;

const models = createModels({
  providers: [createEliza({ delayMs: 0 })],
  timeouts: {
    connectMs: 60_000,
    busyMs: 0,
    firstTokenMs: 60_000,
    betweenTokensMs: 60_000,
  },
  metrics: new Registry(),
  log: createLog("silent", {}),
});

const now = () => new Date();

/** A process that has just been started on a disk. */
function conversationsOn(fileSystem: FileSystem): Conversations {
  const files = createFiles({ fileSystem });
  const folders = recordFoldersIn("/records");
  const activity = new Activity(files, folders);
  const settings = new ConversationSettings(files, folders, activity);
  const projects = new Projects({ files, folders, activity, now });
  const parts = { files, folders, activity, settings, projects, models, now };
  const records = new RecordsOfReplies({ ...parts, systemPrompt: "" });
  const replyStates = new ReplyStates(replies, records);
  return new Conversations({ ...parts, replies, replyStates });
}

/** The texts of all conversations in the list, each opened. */
async function texts(fileSystem: FileSystem): Promise<(string | undefined)[]> {
  const opened = conversationsOn(fileSystem);
  const { conversations } = await opened.list(OWNER, { limit: 10 });
  const pages = conversations.map(async ({ id }) => {
    const { messages } = await opened.readPage(OWNER, id, { limit: 10 });
    expect(messages.map(({ number }) => number)).toEqual([1]);
    return messages[0]?.text;
  });
  return Promise.all(pages);
}

const make = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem).create(OWNER, GIVEN, "a-key");

const whole = [GIVEN.text];

const kinds: FaultKind[] = ["refused", "half done", "done and denied"];

test.each(kinds)(
  "a conversation that fails to be made is listed nowhere or opens, and is made whole by another try, whichever call is %s",
  async (kind) => {
    let refused = 0;
    for (let call = 1; ; call++) {
      const disk = new MemoryDisk();
      const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
      const made = await make(faulty.fileSystem).catch(() => undefined);
      // What the other half of it still does is done by then.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      const allowed = made ? [whole] : [[], whole];
      expect(allowed).toContainEqual(await texts(disk));
      await make(disk);
      expect(await texts(disk)).toEqual(whole);
      if (!made) refused++;
      if (!faulty.hasFailed()) break;
    }
    expect(refused).toBeGreaterThan(10);
  },
);

test("a conversation that is being made is listed nowhere or opens, through any power cut", async () => {
  const disk = new MemoryDisk();
  await make(disk);
  const acknowledged = disk.operations.length;
  // What nobody waits for (temporary files) is done by then.
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  let disks = 0;
  for (let cut = 0; cut <= disk.operations.length; cut++) {
    for (const found of disk.cutAfter(cut)) {
      const allowed = cut < acknowledged ? [[], whole] : [whole];
      expect(allowed).toContainEqual(await texts(found));
      disks++;
    }
  }
  expect(disks).toBeGreaterThan(100);
});
