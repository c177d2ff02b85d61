import { Quotas } from "../../app/backend/owners/quotas";
import { Registry } from "prom-client";
import { createConversations } from "../../app/backend/conversations/create-conversations";
import { ConversationReplyRepository } from "../../app/backend/conversations/reply-repository";
import { createRecords } from "../../app/backend/create-records";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createModels } from "../../app/backend/models/create-models";
import { createEliza } from "../../app/backend/models/eliza/create-eliza";
import type { Replies } from "../../app/backend/conversations/reply-resolver";
import { createStorageContext } from "../../app/core/storage/storage-context";
import type { FileSystem } from "../../app/core/storage/file-system";
import { createLog } from "../../app/core/runtime/log";

export const OWNER = "0a".repeat(32);
export const MODEL = "eliza/eliza";

const folders = recordFoldersIn("/records");

export const inProgressFolder = folders.activeReplies;

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

/** The conversations of a newly started process on a disk. */
export function conversationsOn<R extends Replies>(
  fileSystem: FileSystem,
  repliesOf: (records: ConversationReplyRepository) => R,
): ReturnType<typeof createConversations> & { replies: R } {
  const files = createStorageContext({ fileSystem });
  const parts = { ...createRecords({ files, folders, now }), models };
  const records = new ConversationReplyRepository({
    ...parts,
    systemPrompt: "",
  });
  const replies = repliesOf(records);
  const most = { conversations: 1_000, bytes: 1_000_000 };
  const quotas = new Quotas(parts.ownerIndex, most, new Registry());
  return {
    ...createConversations({ ...parts, replies, quotas, repository: records }),
    replies,
  };
}
