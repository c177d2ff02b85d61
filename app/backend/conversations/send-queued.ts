import { NotFoundError } from "../../core/domain/errors";
import { isPromptNumber, nextPromptNumber } from "../../core/domain/turns";
import type {
  ConversationRef,
  RecordFolders,
} from "../../core/storage/layout/record-folders";
import type { LogListing } from "../../core/storage/log-listing";
import type { StorageContext } from "../../core/storage/storage-context";
import type { QueueProgress } from "../replies/types";
import type { ConversationSettings } from "./conversation-settings";
import { type MessageLog, messageLogOf, replyTo } from "./message-log";
import {
  type PromptQueue,
  promptQueueOf,
  type QueueState,
} from "./prompt-queue";

export interface SendQueuedDeps {
  files: StorageContext;
  folders: RecordFolders;
  settings: ConversationSettings;
}

/**
 * Saves the next queued prompt of a conversation as a message, if its last reply is a message.
 * First an entry of the queue says that it begins, and with which number; then the message is
 * created. A process that finds the one without the other completes it.
 */
export async function sendQueued(
  deps: SendQueuedDeps,
  of: ConversationRef,
): Promise<QueueProgress | undefined> {
  const queue = promptQueueOf(deps, of);
  const log = messageLogOf(deps, of.ownerHash, of.conversation);
  for (;;) {
    const state = await queue.read();
    if (state.items.length === 0) return undefined;
    const listing = await log.list();
    if (!listing?.last || (await isDeleted(deps, of))) return undefined;
    const { begun } = state;
    const unsaved =
      begun && !(await log.hasQueued(begun, listing)) ? begun : undefined;
    const next = unsaved ?? state.waiting[0];
    const { last } = listing;
    if (isPromptNumber(last)) {
      // The process that saved it may have died before it began the reply.
      const isQueued = begun?.number === last;
      if (!next && !isQueued) return undefined;
      const reply = replyTo(of.ownerHash, of.conversation, last);
      return { reply, isWaiting: next !== undefined };
    }
    if (!next) return undefined;
    await sendNext({ queue, state, log, listing }, next);
  }
}

/**
 * Takes the next step with a prompt. After a conflict, the caller looks again. Every process asks
 * for the log's next number, so exactly one message follows a reply.
 */
async function sendNext(
  {
    queue,
    state,
    log,
    listing,
  }: {
    queue: PromptQueue;
    state: QueueState;
    log: MessageLog;
    listing: LogListing;
  },
  item: QueueState["waiting"][number],
): Promise<void> {
  const number =
    (await log.numberByKey(item, listing)) ?? nextPromptNumber(listing.last);
  const isDecided = item.state === "begun" && item.number === number;
  if (isDecided) await log.addQueued(item, listing);
  else await queue.begin(state, item, number);
}

async function isDeleted(
  { settings }: SendQueuedDeps,
  { ownerHash, conversation }: ConversationRef,
): Promise<boolean> {
  try {
    await settings.read(ownerHash, conversation);
    return false;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    throw error;
  }
}

/**
 * True if a prompt is queued, or begun and not saved yet: another message may have taken its number.
 */
export async function isOpen(
  { waiting, begun }: Pick<QueueState, "waiting" | "begun">,
  log: MessageLog,
  listing: LogListing,
): Promise<boolean> {
  if (waiting.length > 0) return true;
  return begun !== undefined && !(await log.hasQueued(begun, listing));
}

/** {@link isOpen} for a conversation. */
export async function hasQueue(
  deps: Pick<SendQueuedDeps, "files" | "folders">,
  of: ConversationRef,
): Promise<boolean> {
  const state = await promptQueueOf(deps, of).read();
  if (state.items.length === 0) return false;
  const log = messageLogOf(deps, of.ownerHash, of.conversation);
  const listing = await log.list();
  return listing !== undefined && isOpen(state, log, listing);
}
