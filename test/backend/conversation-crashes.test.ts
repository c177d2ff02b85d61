import type { FileSystem } from "../../app/core/storage/file-system";
import { failOnce, type FaultKind } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { noReplies } from "../support/no-replies";
import { conversationsOn, MODEL, OWNER } from "./memory-process";

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

const kinds: FaultKind[] = ["refused", "half done", "done and denied"];

test.each(kinds)(
  "a conversation whose creation fails is not listed or opens, and a repeated call completes it, whichever storage call is %s",
  async (kind) => {
    let refused = 0;
    for (let call = 1; ; call++) {
      const disk = new MemoryDisk();
      const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
      const made = await make(faulty.fileSystem).catch(() => undefined);
      // The rest of a half-done call finishes by then.
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

test("a conversation that is being created is not listed or opens after a power cut at any storage call", async () => {
  const disk = new MemoryDisk();
  await make(disk);
  const acknowledged = disk.operations.length;
  // Background work (removal of temporary files) finishes by then.
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
