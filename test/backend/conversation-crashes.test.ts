import type { FileSystem } from "../../app/core/storage/file-system";
import { dieAfter, failOnce, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import type { Replies } from "../../app/backend/conversations/reply-resolver";
import type { FinalReply } from "../../app/backend/replies/types";
import { noReplies } from "../support/no-replies";
import { conversationsOn, idle, MODEL, OWNER } from "./memory-process";

const GIVEN = { text: "Not to be lost", model: MODEL };

/** Writes only a prompt's own files: crashes of replies are tested elsewhere. */
const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

/** The texts of all conversations in the list, each opened. */
async function texts(fileSystem: FileSystem): Promise<(string | undefined)[]> {
  const { conversations, conversationPages } = startOn(fileSystem);
  const listed = await conversations.list(OWNER, { limit: 10 });
  const pages = listed.conversations.map(async ({ id }) => {
    const { messages } = await conversationPages.read(OWNER, id, { limit: 10 });
    expect(messages.map(({ number }) => number)).toEqual([1]);
    return messages[0]?.text;
  });
  return Promise.all(pages);
}

const make = (fileSystem: FileSystem) =>
  startOn(fileSystem).prompts.createConversation(OWNER, GIVEN, "a-key");

const whole = [GIVEN.text];

test.each(FAULT_KINDS)(
  "a conversation whose creation fails is not listed or opens, and a repeated call completes it, whichever storage call is %s",
  async (kind) => {
    let refused = 0;
    for (let call = 1; ; call++) {
      const disk = new MemoryDisk();
      const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
      const made = await make(faulty.fileSystem).catch(() => undefined);
      await idle();
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

test("a conversation that is being created is not listed or opens after a power cut at any storage call", async () => {
  const disk = new MemoryDisk();
  await make(disk);
  const acknowledged = disk.operations.length;
  await idle();
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

/**
 * For each call of a request: the process dies after it, the client sends the request again, and
 * the power fails when that is answered.
 *
 * @returns The number of deaths.
 */
async function resendAfterEachDeath(
  prepare: (fileSystem: FileSystem) => Promise<unknown>,
  request: (fileSystem: FileSystem) => Promise<unknown>,
  check: (found: FileSystem) => Promise<void>,
): Promise<number> {
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk();
    await prepare(disk);
    await idle();
    const process = dieAfter(disk, calls);
    await request(process.fileSystem).catch(() => undefined);
    await idle();
    await request(disk);
    const acknowledged = disk.operations.length;
    for (const found of disk.cutAfter(acknowledged)) await check(found);
    if (!process.hasDied()) return calls;
  }
}

test("a conversation that is sent again after its process died survives a power cut", async () => {
  const deaths = await resendAfterEachDeath(
    async () => undefined,
    make,
    async (found) => expect(await texts(found)).toEqual(whole),
  );
  expect(deaths).toBeGreaterThan(30);
});

test("a message that is sent again after its process died survives a power cut", async () => {
  const complete = completeReplies();
  const on = (fileSystem: FileSystem) =>
    conversationsOn(fileSystem, () => complete);
  let id = "";
  const deaths = await resendAfterEachDeath(
    async (disk) => {
      const { prompts } = on(disk);
      const created = await prompts.createConversation(OWNER, GIVEN, "a-key");
      ({ id } = created.conversation);
    },
    (fileSystem) =>
      on(fileSystem).prompts.send(OWNER, id, { text: "More" }, "another-key"),
    async (found) => {
      const { messages } = await on(found).conversationPages.read(OWNER, id, {
        limit: 10,
      });
      expect(messages).toContainEqual(
        expect.objectContaining({ number: 3, text: "More" }),
      );
    },
  );
  expect(deaths).toBeGreaterThan(20);
});

/** Replies that are complete as soon as they start. */
function completeReplies(): Replies {
  const final: FinalReply = {
    outcome: "complete",
    text: "Saved",
    at: new Date().toISOString(),
    model: MODEL,
    modelName: "Eliza",
    leftOut: 0,
  };
  return {
    ...noReplies,
    snapshot: async () => ({
      status: "complete",
      final,
      text: "Saved",
      offset: "",
      epoch: 1,
    }),
  };
}
