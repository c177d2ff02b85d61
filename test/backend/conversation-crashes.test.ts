import type { FileSystem } from "../../app/core/storage/file-system";
import { dieAfter, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import type { Replies } from "../../app/backend/conversations/reply-resolver";
import type { FinalReply } from "../../app/backend/replies/types";
import { noReplies } from "../support/no-replies";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
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

const creation = { request: make, look: texts, whole };

test.each(FAULT_KINDS)(
  "a conversation whose creation fails is not listed or opens, and a repeated call completes it, whichever storage call is %s",
  async (kind) => {
    const refused = await repeatAfterEachFault(kind, creation);
    expect(refused).toBeGreaterThan(10);
  },
);

test("a conversation that is being created is not listed or opens after a power cut at any storage call", async () => {
  const disks = await cutAfterEachCall(creation);
  expect(disks).toBeGreaterThan(100);
});

test("a conversation that is sent again after its process died survives a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    request: make,
    check: async (found) => expect(await texts(found)).toEqual(whole),
  });
  expect(deaths).toBeGreaterThan(30);
});

test("a message that is sent again after its process died survives a power cut", async () => {
  const complete = completeReplies();
  const on = (fileSystem: FileSystem) =>
    conversationsOn(fileSystem, () => complete);
  let id = "";
  const deaths = await resendAfterEachDeath({
    prepare: async (disk) => {
      const { prompts } = on(disk);
      const created = await prompts.createConversation(OWNER, GIVEN, "a-key");
      ({ id } = created.conversation);
    },
    request: (fileSystem) =>
      on(fileSystem).prompts.send(OWNER, id, { text: "More" }, "another-key"),
    check: async (found) => {
      const { messages } = await on(found).conversationPages.read(OWNER, id, {
        limit: 10,
      });
      expect(messages).toContainEqual(
        expect.objectContaining({ number: 3, text: "More" }),
      );
    },
  });
  expect(deaths).toBeGreaterThan(20);
});

test("a message to an archived conversation that is sent again after its process died takes it out of the archive", async () => {
  const complete = completeReplies();
  const on = (fileSystem: FileSystem) =>
    conversationsOn(fileSystem, () => complete);
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk();
    const { prompts, conversations } = on(disk);
    const created = await prompts.createConversation(OWNER, GIVEN, "a-key");
    const { id } = created.conversation;
    await conversations.change(OWNER, id, { archived: true });
    const process = dieAfter(disk, calls);
    const send = (fileSystem: FileSystem) =>
      on(fileSystem).prompts.send(OWNER, id, { text: "More" }, "another-key");
    await send(process.fileSystem).catch(() => undefined);
    await idle();
    await send(disk);
    const later = on(disk);
    // The page that follows a message adds settings that the index lacks.
    await later.conversationPages.read(OWNER, id, { limit: 10 });
    const listed = await later.conversations.list(OWNER, { limit: 10 });
    expect([calls, listed.conversations.length]).toEqual([calls, 1]);
    if (process.hasDied()) continue;
    expect(calls).toBeGreaterThan(20);
    break;
  }
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
