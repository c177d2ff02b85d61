import { z } from "zod";

/*
 * The records that web and backend exchange: one schema each, from which both the types and the
 * API's description are made. Times are ISO 8601 in UTC; lengths count UTF-16 code units, as
 * JavaScript's `length` does.
 */

/** How long the parts of a conversation may be. */
export const limits = {
  /** One message of a visitor, in UTF-8 bytes: a long essay, and far below a proxy's limit. */
  messageBytes: 64 * 1024,
  titleLength: 200,
  instructionsBytes: 16 * 1024,
  nameLength: 100,
  queryLength: 200,
  modelLength: 200,
  /** One page of a list. */
  pageMessages: 200,
  pageConversations: 200,
  /** The most messages of one conversation, far above what anyone writes. */
  messageNumber: 1_000_000,
  /** How often one prompt can be asked, the first time included: bounds how far a page has to look. */
  versions: 20,
  /** No model of today writes more in one reply. */
  maxTokens: 1_000_000,
} as const;

/** 128 random bits in base 32, lower case: fit for a URL and for a file name anywhere. */
export const idPattern = /^[a-z2-7]{26}$/;
export const Id = z
  .string()
  .regex(idPattern, "is not an id")
  .meta({ id: "Id" });

const time = z.iso.datetime();

export const Outcome = z.enum(["complete", "stopped", "failed"]);

export const Usage = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
});

/** A message of a conversation. Prompts have odd numbers; the reply to prompt p is p + 1. */
export const Message = z
  .object({
    number: z.int().min(1),
    role: z.enum(["user", "assistant"]),
    text: z.string(),
    /** What a model thought before it answered; no part of the answer. */
    reasoning: z.string().optional(),
    at: time,
    /** Of a prompt that was asked again, as it was or in other words: its first version's number. */
    insteadOf: z.int().min(1).optional(),
    /** Of a prompt: the reply that it goes on from, where that is not the newest before it. */
    follows: z.int().min(2).optional(),
    /** Of a reply: the model's id, and what people call it. */
    model: z.string().optional(),
    modelName: z.string().optional(),
    /** Of a reply: how it ended. */
    outcome: Outcome.optional(),
    /** Of a reply that failed or was cut: a sentence for the visitor. */
    reason: z.string().optional(),
    usage: Usage.optional(),
    /** Of a reply: how many messages of the history did not fit the model's window. */
    leftOut: z.int().min(0).optional(),
  })
  .meta({ id: "Message" });

/** A conversation, without its messages. */
export const Conversation = z
  .object({
    id: Id,
    title: z.string().max(limits.titleLength),
    model: z.string(),
    project: Id.nullable(),
    maxTokens: z.int().min(1).nullable(),
    temperature: z.number().min(0).max(1).nullable(),
    createdAt: time,
    updatedAt: time,
    /** When it was deleted; it can be restored for a while. */
    deletedAt: time.nullable(),
  })
  .meta({ id: "Conversation" });

/** A reply that is being written, or that failed and can be tried again. */
export const ReplyState = z
  .object({
    /** The number of the message that it becomes. */
    number: z.int().min(2),
    status: z.enum(["writing", "failed"]),
    model: z.string(),
    modelName: z.string(),
    at: time,
    /** The text so far, and the offset in the reply's stream at which it was read. */
    text: z.string(),
    offset: z.string(),
    /** The epoch that the text is of; an earlier version doesn't say. */
    epoch: z.int().min(1).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: "ReplyState" });

/** A conversation as its page needs it: one round trip. */
export const ConversationPage = z
  .object({
    conversation: Conversation,
    /** The newest messages, oldest first. */
    messages: z.array(Message),
    /** Whether there are older ones than the first here. */
    hasOlder: z.boolean(),
    reply: ReplyState.nullable(),
  })
  .meta({ id: "ConversationPage" });

export const Project = z
  .object({
    id: Id,
    name: z.string().max(limits.nameLength),
    instructions: z.string(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Project" });

export const ModelUsage = z
  .object({
    model: z.string(),
    modelName: z.string(),
    messages: z.int().min(0),
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
  })
  .meta({ id: "ModelUsage" });

export const ModelDescription = z
  .object({
    id: z.string(),
    name: z.string(),
    provider: z.string(),
    description: z.string(),
    contextTokens: z.int(),
    maxReplyTokens: z.int(),
    continues: z.boolean(),
  })
  .meta({ id: "ModelDescription" });

/** What a reply's stream is made of, in order (see the reply's log). */
export const ReplyEvent = z.discriminatedUnion("kind", [
  /** A process began to write: the text so far is the first `keep` units of what was said before. */
  z.object({
    kind: z.literal("epoch"),
    epoch: z.int().min(1),
    keep: z.int().min(0),
  }),
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("reasoning"), text: z.string() }),
  /** Something the visitor should know while waiting. */
  z.object({ kind: z.literal("notice"), notice: z.string() }),
  z.object({
    kind: z.literal("end"),
    outcome: Outcome,
    /** The whole text: what the message will say. */
    text: z.string(),
    reason: z.string().optional(),
    /** What else the message will say; all absent where an earlier version of the program tells. */
    model: z.string().optional(),
    modelName: z.string().optional(),
    at: time.optional(),
    reasoning: z.string().optional(),
    usage: Usage.optional(),
    leftOut: z.int().min(0).optional(),
  }),
]);

export type Message = z.output<typeof Message>;
export type Conversation = z.output<typeof Conversation>;
export type ConversationPage = z.output<typeof ConversationPage>;
export type ReplyState = z.output<typeof ReplyState>;
export type Project = z.output<typeof Project>;
export type ModelUsage = z.output<typeof ModelUsage>;
export type ModelDescription = z.output<typeof ModelDescription>;
export type ReplyEvent = z.output<typeof ReplyEvent>;
/** How a reply ended, and what its message will say. */
export type ReplyEnd = Omit<ReplyEvent & { kind: "end" }, "kind">;
export type Usage = z.output<typeof Usage>;
export type Outcome = z.output<typeof Outcome>;
