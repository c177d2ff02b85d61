import { Quotas } from "../../app/backend/owners/quotas";
import { Registry } from "prom-client";
import { createConversations } from "../../app/backend/conversations/create-conversations";
import { ConversationReplyRepository } from "../../app/backend/conversations/reply-repository";
import { createRecords } from "../../app/backend/create-records";
import { FileStore } from "../../app/backend/files/file-store";
import { Inspection } from "../../app/backend/files/inspect";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createImports } from "../../app/backend/imports/create-imports";
import type { Imports } from "../../app/backend/imports/imports";
import { createModels } from "../../app/backend/models/create-models";
import { createEliza } from "../../app/backend/models/eliza/create-eliza";
import type { Replies } from "../../app/backend/conversations/reply-resolver";
import { createReplyContext } from "../../app/backend/replies/reply-context";
import { ReplyService } from "../../app/backend/replies/reply-service";
import { createStorageContext } from "../../app/core/storage/storage-context";
import type { FileSystem } from "../../app/core/storage/file-system";
import { createLog } from "../../app/core/runtime/log";
import { fakePdfs } from "../support/fake-pdfs";
import { unreachable } from "./replies/processes";
import type { ReplyModels } from "./replies/scripted-models";

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
): ReturnType<typeof createConversations> & {
  replies: R;
  repository: ConversationReplyRepository;
  quotas: Quotas;
  imports: Imports;
} {
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
    ...createConversations({
      ...parts,
      replies,
      quotas,
      repository: records,
      restorableMs: 3_600_000,
    }),
    replies,
    repository: records,
    quotas,
    imports: createImports({ ...parts, quotas }),
  };
}

/** The files of a newly started process on a disk. */
export const fileStoreOn = (fileSystem: FileSystem) =>
  new FileStore({
    fileSystem,
    folders,
    now,
    inspect: (name) => new Inspection(name, fakePdfs),
  });

export type MemoryProcess = ReturnType<typeof conversationsOn<ReplyService>>;

/**
 * Starts processes that write replies, and ends them after each test. No supervisor runs in them.
 *
 * @param leaseMs The time after which a process whose disk is gone gives a reply up.
 */
export function useProcesses(leaseMs: number) {
  let started: ReplyService[] = [];

  async function endAll(): Promise<void> {
    const all = started;
    started = [];
    await Promise.all(all.map((replies) => replies.drain()));
  }

  afterEach(endAll);

  /** A process of its own on a disk. */
  function start(fileSystem: FileSystem, scripted: ReplyModels): MemoryProcess {
    const process = conversationsOn(
      fileSystem,
      (repository) =>
        new ReplyService(
          createReplyContext({
            repository,
            models: scripted,
            fileSystem,
            indexFolder: inProgressFolder,
            peers: unreachable,
            address: "http://127.0.0.1:1",
            log: createLog("silent", {}),
            leaseMs,
            perOwner: 100,
            perProcess: 100,
          }),
        ),
    );
    started.push(process.replies);
    return process;
  }

  return { start, endAll };
}

/** Waits for background work: the rest of a half-done call, the removal of temporary files. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}
