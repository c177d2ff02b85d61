import { OwnerSettings } from "../../app/backend/owners/owner-settings";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { countCalls } from "../../scripts/support/count-calls";
import { MemoryDisk } from "../support/memory-disk";
import { waitFor } from "../support/wait-for";
import { MODEL, OWNER, useProcesses } from "./memory-process";
import { scriptedModels } from "./replies/scripted-models";

const folders = recordFoldersIn("/records");
const { start } = useProcesses(60_000);

/** A conversation with a reply in one process, and a second process. */
async function answered(disk: MemoryDisk, fileSystem: FileSystem = disk) {
  const { models, asked } = scriptedModels(() => ["I see."]);
  const first = start(fileSystem, models);
  const second = start(disk, models);
  const { conversation } = await first.prompts.createConversation(OWNER, {
    text: "one",
    model: MODEL,
  });
  const { id } = conversation;
  const ended = async (number: number) => {
    const ref = { ownerHash: OWNER, conversation: id, number };
    await waitFor(
      async () => (await first.replies.snapshot(ref))?.status === "complete",
    );
  };
  await ended(2);
  return { asked, first, second, id, ended };
}

it("are those that another process saved before the prompt", async () => {
  const disk = new MemoryDisk();
  const { asked, first, second, id, ended } = await answered(disk);
  await second.conversations.change(OWNER, id, { instructions: "Be brief." });
  await first.prompts.sendOrQueue(OWNER, id, { text: "two" });
  await ended(4);
  expect(asked[1]?.[0]).toEqual({ role: "system", text: "Be brief." });
  await second.conversations.change(OWNER, id, { instructions: "Be kind." });
  await first.prompts.sendOrQueue(OWNER, id, { text: "three" });
  await ended(6);
  expect(asked[2]?.[0]).toEqual({ role: "system", text: "Be kind." });
});

it("are, for another process that continues it, those that were saved since the prompt", async () => {
  const disk = new MemoryDisk();
  const { first, second, id, ended } = await answered(disk);
  await second.conversationPages.read(OWNER, id, { limit: 10 });
  await first.conversations.change(OWNER, id, { instructions: "Be brief." });
  await first.prompts.sendOrQueue(OWNER, id, { text: "two" });
  await ended(4);
  const ref = { ownerHash: OWNER, conversation: id, number: 4 };
  const { messages } = await second.repository.promptFor(ref);
  expect(messages[0]).toEqual({ role: "system", text: "Be brief." });
});

it("include instructions that another process saved first for an owner who had none", async () => {
  const disk = new MemoryDisk();
  const { asked, first, id, ended } = await answered(disk);
  const files = createStorageContext({ fileSystem: disk });
  const settings = new OwnerSettings(files, folders);
  await settings.setInstructions(OWNER, "Be brief.");
  await first.prompts.sendOrQueue(OWNER, id, { text: "two" });
  await ended(4);
  expect(asked[1]?.[0]).toEqual({ role: "system", text: "Be brief." });
});

it("cost one call where the owner has none, in the process that saved the prompt", async () => {
  const disk = new MemoryDisk();
  const looks: string[] = [];
  const { fileSystem } = countCalls(disk, (name, place) => {
    const isSettings = place.endsWith("/settings");
    const isOwner = place === folders.owner(OWNER);
    if (isSettings || isOwner) looks.push(`${name} ${place}`);
  });
  const { first, id, ended } = await answered(disk, fileSystem);
  looks.length = 0;
  await first.prompts.sendOrQueue(OWNER, id, { text: "two" });
  await ended(4);
  expect(looks).toEqual([
    `list ${folders.settings(OWNER, id)}`,
    `list ${folders.owner(OWNER)}`,
  ]);
});
