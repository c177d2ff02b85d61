import { cpSync, readdirSync } from "node:fs";
import path from "node:path";
import {
  type MessageLog,
  messageLogOf,
} from "../../app/backend/conversations/message-log";
import { createRecords } from "../../app/backend/create-records";
import { newId } from "../../app/backend/ids";
import {
  nodeFileSystem,
  type OpenFlags,
} from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";

/** Flushes of a million files would take hours, and no power cut is measured. */
const unflushed = {
  ...nodeFileSystem,
  syncDirectory: () => Promise.resolve(),
  open: (file: string, flags: OpenFlags) =>
    nodeFileSystem.open(file, flags === "wxs" ? "wx" : flags),
};

/**
 * Gives the only owner in `directory` more conversations, as a backend would write them.
 *
 * @param messages The messages of each; by default a prompt and a reply. With more, all have the same texts.
 */
export async function layOutConversations(
  directory: string,
  count: number,
  messages = 2,
): Promise<void> {
  const folders = recordFoldersIn(directory);
  const files = createStorageContext({ fileSystem: unflushed });
  const records = createRecords({ files, folders, now: () => new Date() });
  const ownerHash = onlyOwnerIn(folders.owners);
  let first: string | undefined;
  for (let index = 0; index < count; index++) {
    const id = newId();
    const at = new Date().toISOString();
    const text = `Question ${index}`;
    if (first && messages > 2) {
      const from = folders.messages(ownerHash, first);
      cpSync(from, folders.messages(ownerHash, id), { recursive: true });
    } else {
      const log = messageLogOf({ files, folders }, ownerHash, id);
      await addMessages(log, text, messages);
      first = id;
    }
    const created = await records.settings.create(ownerHash, {
      id,
      title: text,
      model: MODEL,
      project: null,
      maxTokens: null,
      temperature: null,
      createdAt: at,
      deletedAt: null,
    });
    await records.settings.addToIndex(ownerHash, created, {
      bytes: text.length,
    });
  }
}

async function addMessages(
  log: MessageLog,
  text: string,
  count: number,
): Promise<void> {
  const at = new Date().toISOString();
  await log.addFirst({ text, at });
  for (let number = 2; number <= count; number += 2) {
    if (number > 2) {
      await log.addPrompt({ text: `${text}, ${number}`, at }, async () => ({}));
    }
    await log.addReply({
      number,
      role: "assistant",
      text:
        count > 2
          ? `Answer ${number}. ${"Some words. ".repeat(20)}`
          : "An answer.",
      at,
      model: "stub",
      modelName: "Stub",
      outcome: "complete",
    });
  }
}

const MODEL = "bedrock/amazon.nova-pro-v1:0";

function onlyOwnerIn(owners: string): string {
  const found = readdirSync(owners).flatMap((shard) =>
    readdirSync(path.join(owners, shard)),
  );
  const [owner, ...others] = found;
  if (!owner || others.length > 0)
    throw new Error(`${owners} has ${found.length} owners`);
  return owner;
}
