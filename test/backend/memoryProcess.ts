import { Registry } from "prom-client";
import { createConversations } from "../../app/backend/conversations/createConversations";
import { RecordsOfReplies } from "../../app/backend/conversations/RecordsOfReplies";
import { createRecords } from "../../app/backend/createRecords";
import { recordFoldersIn } from "../../app/shared/disk/recordFolders";
import { createModels } from "../../app/backend/models/createModels";
import { createEliza } from "../../app/backend/models/eliza/createEliza";
import type { Replies } from "../../app/backend/replies/Replies";
import { createFiles } from "../../app/shared/files/Files";
import type { FileSystem } from "../../app/shared/files/FileSystem";
import { createLog } from "../../app/shared/log";

export const OWNER = "0a".repeat(32);
export const MODEL = "eliza/eliza";

const folders = recordFoldersIn("/records");

export const inProgressFolder = folders.inProgress;

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

/** What a process that has just been started on a disk knows of conversations. */
export function conversationsOn<R extends Replies>(
  fileSystem: FileSystem,
  repliesOf: (records: RecordsOfReplies) => R,
): ReturnType<typeof createConversations> & { replies: R } {
  const files = createFiles({ fileSystem });
  const parts = { ...createRecords({ files, folders, now }), models };
  const records = new RecordsOfReplies({ ...parts, systemPrompt: "" });
  const replies = repliesOf(records);
  return { ...createConversations({ ...parts, replies, records }), replies };
}
