import { z } from "zod";
import { Outcome, Usage } from "../../core/domain/records";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type { ModelMessage } from "../models/model";

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

/** The conversations, as replies need them. */
export interface ReplyRepository {
  /** The reply's log: `…/conversations/<id>/replies/<number>`. */
  folder(ref: ReplyRef): string;
  /** @param begun Text that the model is to continue. */
  promptFor(ref: ReplyRef, begun?: string): Promise<ReplyPrompt>;
  /** Adds the message of a complete or stopped reply. Idempotent. */
  publishMessage(ref: ReplyRef, final: FinalReply): Promise<void>;
}
