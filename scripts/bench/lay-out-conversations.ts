import { readdirSync } from "node:fs";
import path from "node:path";
import { messageLogOf } from "../../app/backend/conversations/message-log";
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

/** Gives the only owner in `directory` more conversations of a prompt and a reply, as a backend would write them. */
export async function layOutConversations(
  directory: string,
  count: number,
): Promise<void> {
  const folders = recordFoldersIn(directory);
  const files = createStorageContext({ fileSystem: unflushed });
  const records = createRecords({ files, folders, now: () => new Date() });
  const ownerHash = onlyOwnerIn(folders.owners);
  for (let index = 0; index < count; index++) {
    const id = newId();
    const at = new Date().toISOString();
    const log = messageLogOf({ files, folders }, ownerHash, id);
    const text = `Question ${index}`;
    await log.addFirst({ text, at });
    await log.addReply({
      number: 2,
      role: "assistant",
      text: "An answer.",
      at,
      model: "stub",
      modelName: "Stub",
      outcome: "complete",
    });
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
