import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Outcome, Usage } from "../../core/domain/records";
import type { JsonObject } from "../../core/storage/json";
import type {
  ConversationRef,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import type { ModelMessage } from "../models/model";
import type { LogRecord } from "./log/records";

/** A request to a model, made from the conversation whenever a process starts or continues a reply. */
export interface ReplyPrompt {
  /** `eliza/eliza` */
  model: string;
  modelName?: string;
  /** The last one is the prompt, or the beginning of the answer. */
  messages: ModelMessage[];
  /** Tokens to write at most, after the beginning of the answer. */
  maxTokens?: number;
  temperature?: number;
  /** Count of earlier requests with the same prompt. */
  attempt?: number;
  /** Messages of the history that did not fit the model's window. */
  leftOut: number;
}

/** The outcome of a reply and its whole text: the content of an end entry, and of the message. */
export const FinalReply = z.object({
  outcome: Outcome,
  text: z.string(),
  reasoning: z.string().optional(),
  /** The time for which the model reasoned; absent from earlier versions of the program. */
  reasoningMs: z.int().min(0).optional(),
  /** For a failure, a sentence for the visitor. */
  reason: z.string().optional(),
  usage: Usage.optional(),
  model: z.string(),
  modelName: z.string().optional(),
  leftOut: z.int().min(0),
  /** ISO 8601, by the clock of the process that ended it. */
  at: z.string(),
});
export type FinalReply = z.output<typeof FinalReply>;

/**
 * Fields by which an end entry is also the message that the reply becomes: publishing it takes a second
 * name instead of a second file. Readers of all versions take no notice of fields that they don't know.
 *
 * @returns No fields if the reply does not become a message, or the end lacks a field of it.
 */
export function messageFields(number: number, final: FinalReply): JsonObject {
  if (final.outcome === "failed" || final.modelName === undefined) return {};
  const token = randomBytes(12).toString("base64url");
  return { number, role: "assistant", token };
}

/** The conversations, as replies need them. */
export interface ReplyRepository {
  /** The reply's log: `…/conversations/<id>/replies/<number>`. */
  folder(ref: ReplyRef): string;
  /** Holds the folders of its replies. Missing once the conversation is erased. */
  conversationFolder(of: ConversationRef): string;
  /** True if the reply's prompt is saved, and no later message is: the reply will have a log. */
  isExpected(ref: ReplyRef): Promise<boolean>;
  /** @param begun Text that the model is to continue. */
  promptFor(ref: ReplyRef, begun?: string): Promise<ReplyPrompt>;
  /**
   * Adds the message of a complete or stopped reply. Idempotent.
   *
   * @param end The end entry, if the caller has just created it. See {@link messageFields}.
   */
  publishMessage(
    ref: ReplyRef,
    final: FinalReply,
    end?: LogRecord,
  ): Promise<void>;
  /** True if a prompt is queued in the conversation. */
  hasQueue(of: ConversationRef): Promise<boolean>;
  /** True if a later message follows the reply, or a prompt is queued. */
  isContinued(ref: ReplyRef): Promise<boolean>;
  /** Sends the next queued prompt of a conversation, unless its last reply is unpublished. Idempotent. */
  sendQueued(of: ConversationRef): Promise<QueueProgress | undefined>;
  /**
   * Saves what follows a failed reply. Idempotent.
   *
   * @param next As the reply's log holds it: the next prompt, or {@link GO_ON}.
   * @returns False if only another version of the program can read it.
   */
  moveOn(ref: ReplyRef, final: FinalReply, next: JsonObject): Promise<boolean>;
}

/** The state of a queue; `undefined` stands for a conversation in which nothing is to be done. */
export interface QueueProgress {
  /** The reply to the last prompt that was sent: it may have to be started or published. */
  reply: ReplyRef;
  /** True if prompts wait for the reply. */
  isWaiting: boolean;
}

/** The log entry after a failed reply by which the queue continues. */
export const GO_ON: JsonObject = { queue: true };
