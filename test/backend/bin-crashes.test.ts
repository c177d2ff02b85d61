import type { FileSystem } from "../../app/core/storage/file-system";
import { VisibleError } from "../../app/core/domain/errors";
import { FAULT_KINDS } from "../support/faulty-file-system";
import { noReplies } from "../support/no-replies";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
import { conversationsOn, MODEL, OWNER } from "./memory-process";

const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

let id = "";

async function prepare(disk: FileSystem): Promise<void> {
  const { prompts, conversations } = startOn(disk);
  const first = { text: "To be deleted", model: MODEL };
  const created = await prompts.createConversation(OWNER, first, "a-key");
  ({ id } = created.conversation);
  await conversations.delete(OWNER, id);
}

const purge = (fileSystem: FileSystem) =>
  startOn(fileSystem).bin.purge(OWNER, id);

/** Tells whether the conversation can be restored; nothing else may be seen of it then. */
async function whatIsLeft(disk: FileSystem): Promise<string[]> {
  const { conversations, bin } = startOn(disk);
  const { conversations: listed } = await conversations.list(OWNER, {
    limit: 10,
  });
  expect(listed).toEqual([]);
  const restored = await conversations.restore(OWNER, id).then(
    () => true,
    (error: unknown) => {
      if (error instanceof VisibleError) return false;
      throw error;
    },
  );
  if (restored) return [];
  // A restore that is refused takes it out of the bin, where a crash had left it.
  const { conversations: left } = await bin.list(OWNER, { limit: 10 });
  expect(left).toEqual([]);
  return ["gone"];
}

/** Looks without a change: the same disk is used on. */
async function inBin(disk: FileSystem): Promise<string[]> {
  const { bin } = startOn(disk);
  const { conversations } = await bin.list(OWNER, { limit: 10 });
  return conversations.length === 0 ? ["gone"] : [];
}

const whole = ["gone"];

test.each(FAULT_KINDS)(
  "a conversation is in the bin or gone, and gone if that is acknowledged, whichever storage call is %s",
  async (kind) => {
    const refused = await repeatAfterEachFault(kind, {
      prepare,
      request: (disk) => purge(disk).then(() => true),
      look: inBin,
      whole,
    });
    expect(refused).toBeGreaterThan(5);
  },
);

test("a conversation that is being deleted permanently can be restored or is gone after a power cut at any storage call", async () => {
  const disks = await cutAfterEachCall({
    prepare,
    request: purge,
    look: whatIsLeft,
    whole,
  });
  expect(disks).toBeGreaterThan(10);
});

test("a permanent deletion that is sent again after its process died survives a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    prepare,
    request: purge,
    check: async (found) => {
      expect(await inBin(found)).toEqual(whole);
      expect(await whatIsLeft(found)).toEqual(whole);
    },
  });
  expect(deaths).toBeGreaterThan(5);
});
