import { Registry } from "prom-client";
import { OwnerEraser } from "../../app/backend/owners/owner-eraser";
import { logStart } from "../../app/backend/replies/log/offset";
import { replay } from "../../app/backend/replies/log/replay";
import { ReplyLog } from "../../app/backend/replies/log/reply-log";
import { followLog } from "../../app/backend/replies/reading/follow-log";
import { createReplyStream } from "../../app/backend/streams/reply-stream";
import { createLog } from "../../app/core/runtime/log";
import { createFolder } from "../../app/core/storage/exclusive-file";
import type { FileSystem } from "../../app/core/storage/file-system";
import {
  recordFoldersIn,
  type ReplyRef,
} from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { MemoryDisk } from "../support/memory-disk";
import { failure } from "../support/scripted-stream";
import { waitFor } from "../support/wait-for";
import {
  idle,
  type MemoryProcess,
  MODEL,
  OWNER,
  useProcesses,
} from "./memory-process";
import {
  barrier,
  type ReplyModels,
  scriptedModels,
} from "./replies/scripted-models";

const folders = recordFoldersIn("/records");
const { start, endAll } = useProcesses(60_000);

/** A disk on which folders of replies are created and flushed only after `go`. */
function heldDisk(disk: MemoryDisk, isHeld: (call: string) => boolean) {
  const { held, go } = barrier();
  const hold =
    <A extends [string, ...unknown[]], T>(
      name: string,
      call: (...args: A) => Promise<T>,
    ) =>
    async (...args: A): Promise<T> => {
      const where = args[0];
      if (where.includes("/replies") && isHeld(name)) await held;
      return call(...args);
    };
  const fileSystem: FileSystem = {
    readdir: disk.readdir,
    entries: disk.entries,
    readFile: disk.readFile,
    link: disk.link,
    unlink: disk.unlink,
    rmdir: disk.rmdir,
    rename: disk.rename,
    stat: disk.stat,
    refresh: disk.refresh,
    mkdir: hold("mkdir", disk.mkdir),
    open: hold("open", disk.open),
    syncDirectory: hold("flush folder", disk.syncDirectory),
  };
  return { fileSystem, go };
}

async function answered(
  on: ReturnType<typeof start>,
  id: string,
  number: number,
): Promise<void> {
  const ref = { ownerHash: OWNER, conversation: id, number };
  await waitFor(
    async () => (await on.replies.snapshot(ref))?.status !== "writing",
  );
}

it("answers a prompt that is on disk before its reply has a folder, and then writes the reply", async () => {
  const disk = new MemoryDisk();
  const { fileSystem, go } = heldDisk(disk, (call) => call === "mkdir");
  const { models } = scriptedModels(() => ["I see."]);
  const on = start(fileSystem, models);
  const first = { text: "one", model: MODEL };
  const { conversation, message } = await on.prompts.createConversation(
    OWNER,
    first,
  );
  expect(message.number).toBe(1);
  const names = await disk.readdir(folders.activeReplies);
  expect(names).toEqual([`${OWNER}.${conversation.id}.2`]);
  go();
  await answered(on, conversation.id, 2);
  const options = { limit: 10 };
  const page = await on.conversationPages.read(OWNER, conversation.id, options);
  expect(page.messages.map(({ text }) => text)).toEqual(["one", "I see."]);
});

it("shows a reply as being written while its folder is created", async () => {
  const disk = new MemoryDisk();
  const { fileSystem, go } = heldDisk(disk, (call) => call === "mkdir");
  const { models } = scriptedModels(() => ["So ", () => new Promise(Boolean)]);
  const on = start(fileSystem, models);
  const { conversation } = await on.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  const ref = { ownerHash: OWNER, conversation: conversation.id, number: 2 };
  const reading = on.replies.snapshot(ref);
  go();
  expect((await reading)?.status).toBe("writing");
});

it("asks the model while the first epoch is being flushed, and once", async () => {
  const disk = new MemoryDisk();
  const { fileSystem, go } = heldDisk(
    disk,
    (call) => call === "flush folder" && disk.operations.some(isEpoch),
  );
  const { models, asked } = scriptedModels(() => ["I see."]);
  const on = start(fileSystem, models);
  const { conversation } = await on.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  await waitFor(async () => asked.length === 1);
  go();
  await answered(on, conversation.id, 2);
  expect(asked).toHaveLength(1);
});

const isEpoch = (operation: MemoryDisk["operations"][number]) =>
  operation.kind === "link" && operation.path.endsWith("/replies/2/1");

it("gives a finished reply a second name instead of a second file", async () => {
  const disk = new MemoryDisk();
  const { models } = scriptedModels(() => ["I see."]);
  const on = start(disk, models);
  const { conversation } = await on.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  await answered(on, conversation.id, 2);
  const { id } = conversation;
  const message = `${folders.messages(OWNER, id)}/2`;
  const reply = folders.reply({
    ownerHash: OWNER,
    conversation: id,
    number: 2,
  });
  await waitFor(async () => (await disk.readdir(reply)).includes("2"));
  const links = disk.operations.filter(
    (operation) => operation.kind === "link" && operation.path === message,
  );
  expect(links).toHaveLength(1);
  expect(await disk.readFile(message)).toEqual(
    await disk.readFile(`${reply}/2`),
  );
});

it("copies a finished reply on a file system that can't link it", async () => {
  const disk = new MemoryDisk();
  const link = disk.link;
  disk.link = async (file, name) => {
    if (/\/replies\/\d+\/\d+$/.test(file)) {
      throw Object.assign(new Error("EMLINK"), { code: "EMLINK" });
    }
    return link(file, name);
  };
  const { models } = scriptedModels(() => ["I see."]);
  const on = start(disk, models);
  const { conversation } = await on.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  await answered(on, conversation.id, 2);
  await endAll();
  const later = start(disk, models);
  const page = await later.conversationPages.read(OWNER, conversation.id, {
    limit: 10,
  });
  expect(page.messages.map(({ text }) => text)).toEqual(["one", "I see."]);
});

/** The bytes that an owner's index counts, in a process that knows nothing yet. */
async function bytesOf(disk: MemoryDisk): Promise<number | undefined> {
  const { quotas } = start(disk, scriptedModels(() => []).models);
  return (await quotas.known(OWNER)).bytes.used;
}

it("answers a prompt of a draining process when its reply is handed over, without asking the model", async () => {
  const disk = new MemoryDisk();
  const { fileSystem, go } = heldDisk(disk, (call) => call === "mkdir");
  const { models, asked } = scriptedModels(() => ["I see."]);
  const on = start(fileSystem, models);
  await on.replies.drain();
  let isAnswered = false;
  const creating = on.prompts
    .createConversation(OWNER, { text: "one", model: MODEL })
    .finally(() => (isAnswered = true));
  await waitFor(async () => disk.dump().some(([name]) => isMarker(name)));
  await idle();
  expect(isAnswered).toBe(false);
  go();
  const { conversation } = await creating;
  const ref = { ownerHash: OWNER, conversation: conversation.id, number: 2 };
  const log = new ReplyLog(disk, folders.reply(ref));
  expect((await log.read())?.isHandedOver).toBe(true);
  expect(asked).toHaveLength(0);
});

const isMarker = (name: string) =>
  name.startsWith(`${folders.activeReplies}/${OWNER}`);

/** A prompt whose reply has no folder, and a second process. */
async function begun(models: ReplyModels, startOn = start) {
  const disk = new MemoryDisk();
  const { fileSystem, go } = heldDisk(disk, (call) => call === "mkdir");
  const first = startOn(fileSystem, models);
  const { conversation } = await first.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  const ref = { ownerHash: OWNER, conversation: conversation.id, number: 2 };
  return { disk, go, first, ref, second: startOn(disk, models) };
}

/** The text of a reply as a reader gets it. */
async function follow(
  { replies }: MemoryProcess,
  ref: ReplyRef,
): Promise<string> {
  const { signal } = new AbortController();
  let text = "";
  for await (const records of followLog(replies.live(ref), logStart, signal)) {
    text += replay(records).text;
    if (records.at(-1)?.line["kind"] === "end") break;
  }
  return text;
}

describe("another process, while the first creates the reply's folder", () => {
  const { start: startShort } = useProcesses(200);

  it("sends the reply to a reader once it is there", async () => {
    const { models } = scriptedModels(() => ["I see."]);
    const { go, ref, second } = await begun(models);
    const reading = follow(second, ref);
    const stream = createReplyStream(second.replies, ref);
    const catchUp = stream.committed.read(logStart);
    await idle();
    go();
    expect(await reading).toBe("I see.");
    expect(await catchUp).toBeDefined();
  });

  it("begins the reply while a reader waits, if the first process never does", async () => {
    const { models, asked } = scriptedModels(() => ["I see."]);
    const { go, ref, second } = await begun(models, startShort);
    second.replies.startSupervision();
    expect(await follow(second, ref)).toBe("I see.");
    go();
    await idle();
    expect(asked).toHaveLength(1);
  });

  it("answers 404 to a reader if no process begins the reply", async () => {
    const { models } = scriptedModels(() => ["I see."]);
    const { go, ref, second } = await begun(models, startShort);
    await expect(follow(second, ref)).rejects.toMatchObject({ status: 404 });
    go();
  });

  it.each(["nothing", "an entry without a header"])(
    "stops a reply of which there is %s",
    async (found) => {
      const { models, asked } = scriptedModels(() => ["I see."]);
      const { disk, go, first, ref, second } = await begun(models);
      if (found !== "nothing") {
        await createFolder(disk, folders.reply(ref));
        await disk.open(`${folders.reply(ref)}/1`, "wx");
      }
      await second.replies.stop(ref);
      go();
      await idle();
      expect(await first.replies.snapshot(ref)).toMatchObject({
        status: "stopped",
        text: "",
      });
      expect(asked).toHaveLength(0);
    },
  );

  it("stops a reply whose first entry is being flushed", async () => {
    const disk = new MemoryDisk();
    const { fileSystem, go } = heldDisk(
      disk,
      (call) => call === "flush folder" && disk.operations.some(isEpoch),
    );
    const { models, asked } = scriptedModels(() => ["I see."]);
    const first = start(fileSystem, models);
    const { conversation } = await first.prompts.createConversation(OWNER, {
      text: "one",
      model: MODEL,
    });
    const ref = { ownerHash: OWNER, conversation: conversation.id, number: 2 };
    await waitFor(async () => asked.length === 1);
    const second = start(disk, models);
    await second.replies.stop(ref);
    go();
    for (const { replies } of [first, second]) {
      await waitFor(
        async () => (await replies.snapshot(ref))?.status === "stopped",
      );
      expect((await replies.snapshot(ref))?.text).toBe("");
    }
  });

  it("deletes a conversation whose reply is then not written", async () => {
    const { models, asked } = scriptedModels(() => ["I see."]);
    const { go, first, ref, second } = await begun(models);
    await second.conversations.delete(OWNER, ref.conversation);
    go();
    await idle();
    expect(asked).toHaveLength(0);
    await first.conversations.restore(OWNER, ref.conversation);
    const page = await first.conversationPages.read(OWNER, ref.conversation, {
      limit: 10,
    });
    expect(page.messages.map(({ text }) => text)).toEqual(["one", ""]);
  });

  it("erases an owner whose folders do not come back", async () => {
    const { models, asked } = scriptedModels(() => ["I see."]);
    const { disk, go, first, ref, second } = await begun(models);
    const eraser = new OwnerEraser({
      links: { tokenHashes: async () => [], forget: async () => {} },
      files: createStorageContext({ fileSystem: disk }),
      folders,
      replies: second.replies,
      log: createLog("silent", {}),
      metrics: new Registry(),
      now: () => new Date(),
    });
    await eraser.erase(OWNER);
    go();
    await first.replies.begin(ref);
    await waitFor(async () => !first.replies.isWriting(ref));
    await idle();
    const names = disk.dump().map(([name]) => name);
    const conversations = `${folders.conversations(OWNER)}/`;
    expect(names.filter((name) => name.startsWith(conversations))).toEqual([]);
    expect(await disk.readdir(folders.activeReplies)).toEqual([]);
    expect(asked).toHaveLength(0);
  });
});

describe("the size of a conversation", () => {
  it("includes a prompt that is counted with its reply, once", async () => {
    const disk = new MemoryDisk();
    const { models } = scriptedModels(() => ["1234"]);
    const on = start(disk, models);
    const { conversation } = await on.prompts.createConversation(OWNER, {
      text: "12",
      model: MODEL,
    });
    const { id } = conversation;
    await answered(on, id, 2);
    expect(await bytesOf(disk)).toBe(6);
    await on.prompts.send(OWNER, id, { text: "123" }, "the key");
    await on.prompts.send(OWNER, id, { text: "123" }, "the key");
    await answered(on, id, 4);
    expect(await bytesOf(disk)).toBe(13);
  });

  it("includes the prompt of a failed reply once the conversation goes on", async () => {
    const disk = new MemoryDisk();
    const { models } = scriptedModels((messages) =>
      messages.at(-1)?.text === "123" ? [failure("It broke.")] : ["1234"],
    );
    const on = start(disk, models);
    const { conversation } = await on.prompts.createConversation(OWNER, {
      text: "12",
      model: MODEL,
    });
    const { id } = conversation;
    await answered(on, id, 2);
    await on.prompts.send(OWNER, id, { text: "123" });
    await answered(on, id, 4);
    await on.prompts.send(OWNER, id, { text: "12345" });
    await answered(on, id, 6);
    expect(await bytesOf(disk)).toBe(6 + 3 + 5 + 4);
  });
});
