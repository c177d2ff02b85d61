import { z } from "zod";

/*
 * The records of the API: the schemas define the types and the API's description. Times are
 * ISO 8601 in UTC; lengths are in UTF-16 code units, as JavaScript's `length` is.
 */

/** Upper bounds of what a request can hold. */
export const limits = {
  /** A prompt, in UTF-8 bytes. Balances long pasted texts against memory. */
  messageBytes: 1024 * 1024,
  titleLength: 200,
  instructionsBytes: 16 * 1024,
  nameLength: 100,
  /** Saved prompts of an owner, the text of each, and of all: one file has all of them. */
  savedPrompts: 100,
  savedPromptBytes: 16 * 1024,
  savedPromptsBytes: 256 * 1024,
  queryLength: 200,
  modelLength: 200,
  pageMessages: 200,
  /** The most characters of the messages of a page. Balances the number of pages against the time to parse one. */
  pageCharacters: 1024 * 1024,
  pageConversations: 200,
  /** Each page has all of them. */
  pinnedConversations: 20,
  /** Conversations that are changed at once. */
  selection: 200,
  /** Prompts that wait in a conversation. */
  queuedPrompts: 10,
  /** Characters of these prompts: each page has all of them. */
  queuedCharacters: 1024 * 1024,
  /** Messages in a conversation. */
  messageNumber: 1_000_000,
  /** Versions of a turn, the first included: bounds the messages that a page has to read. */
  versions: 20,
  /** Versions in a conversation, all turns together: bounds what each prompt carries along. */
  branches: 500,
  /** Shared links of an owner: each of their lists reads all of them. */
  links: 100,
  /** Deleted turns of a conversation: bounds its settings. */
  deletedTurns: 1_000,
  /** More than any model writes in one reply. */
  maxTokens: 1_000_000,
  /** The highest that any model allows. */
  maxTemperature: 2,
  /** A file of a message. Balances photos and reports against the time of an upload. */
  fileBytes: 20 * 1024 * 1024,
  filesPerMessage: 5,
  fileNameLength: 200,
  /** The largest picture: browsers take four bytes for each pixel to show it. */
  megapixels: 50,
  /** The text of a file that a model gets. */
  fileTextBytes: 512 * 1024,
  /** A file with exported conversations. */
  importBytes: 500 * 1024 * 1024,
  /** A conversation in it: it is in memory while it is imported. */
  importConversationBytes: 16 * 1024 * 1024,
  /** An import is kept this long after its last progress. */
  importDays: 7,
  /** A client gets this long to send a file. */
  uploadMinutes: 10,
  /** Conversations that an import names because something was left out. */
  importNotes: 100,
  /** Imports of an owner, done ones included. */
  imports: 10,
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

/** A file of a message. Its type was found out from its bytes. */
export const FileRef = z
  .object({
    id: Id,
    name: z.string().max(limits.fileNameLength),
    /** `image/png`; see `file-types.ts`. */
    type: z.string(),
    bytes: z.int().min(0),
    /** A picture's width, in pixels. */
    width: z.int().min(1).optional(),
    height: z.int().min(1).optional(),
    /** A PDF's number of pages. */
    pages: z.int().min(1).optional(),
    /** Bytes of the text that was found in a PDF. */
    textBytes: z.int().min(0).optional(),
    /** True if the text ends early: it is longer than models get. */
    isTextCut: z.boolean().optional(),
  })
  .meta({ id: "File" });

const message = {
  number: z.int().min(1),
  text: z.string(),
  at: time,
};

/** A message that the visitor sent: odd numbers. */
export const Prompt = z
  .object({
    ...message,
    role: z.literal("user"),
    /** The number of the first version of the turn, if this is another version of it. */
    insteadOf: z.int().min(1).optional(),
    /** The reply that it follows, where that is not the newest before it. */
    follows: z.int().min(2).optional(),
    /** Absent if there are none. */
    files: z.array(FileRef).optional(),
  })
  .meta({ id: "Prompt" });

/** A model's answer: the reply to prompt p has the number p + 1. */
export const Reply = z
  .object({
    ...message,
    role: z.literal("assistant"),
    /** Text that the model wrote before its answer; no part of the answer. */
    reasoning: z.string().optional(),
    /** The time for which the model reasoned; absent from replies of earlier versions of the program. */
    reasoningMs: z.int().min(0).optional(),
    model: z.string().default(""),
    modelName: z.string().default("Assistant"),
    outcome: Outcome.default("complete"),
    /** A sentence for the visitor about a reply that failed or was cut. */
    reason: z.string().optional(),
    usage: Usage.optional(),
    /** The number of older messages that did not fit the model's window. */
    leftOut: z.int().min(0).optional(),
  })
  .meta({ id: "Reply" });

export const Message = z
  .discriminatedUnion("role", [Prompt, Reply])
  .meta({ id: "Message" });

/** The part of a message around the words of a search. */
export const Excerpt = z
  .object({
    ...message,
    role: z.enum(["user", "assistant"]),
    /** Of a reply; earlier versions of the backend omit it. */
    modelName: z.string().optional(),
  })
  .meta({ id: "Excerpt" });

/** A conversation, without its messages. */
export const Conversation = z
  .object({
    id: Id,
    title: z.string().max(limits.titleLength),
    model: z.string(),
    project: Id.nullable(),
    maxTokens: z.int().min(1).nullable(),
    /** At most 1, which is all that earlier versions of the program accept. */
    temperature: z.number().min(0).max(1).nullable(),
    /** The temperature if it is above 1. */
    exactTemperature: z.number().min(1).max(limits.maxTemperature).optional(),
    /** Absent if there are none, in lists, and from an earlier version of the program. */
    instructions: z.string().optional(),
    createdAt: time,
    updatedAt: time,
    /** When it was deleted; it can be restored for a while. */
    deletedAt: time.nullable(),
    /** Absent if it is not pinned, and from earlier versions of the program. */
    pinnedAt: time.optional(),
    /** Absent if it is not archived, and from earlier versions of the program. */
    archivedAt: time.optional(),
    /** The turns that were deleted from it; absent if none was. */
    deletedTurns: z.array(z.int().min(1)).optional(),
  })
  .meta({ id: "Conversation" });

/** A conversation in the bin. */
export const DeletedConversation = z
  .object({
    conversation: Conversation,
    /** A sweep may remove it from then on. */
    restorableUntil: time,
  })
  .meta({ id: "DeletedConversation" });

/** A read-only address of a thread as it was, for everyone who has it. */
export const SharedLink = z
  .object({
    id: Id,
    /** The secret part of its address: `/shared/` and the token. */
    token: Id,
    conversation: Id,
    /** The conversation's title at that time. */
    title: z.string(),
    createdAt: time,
    /** The number of messages that were shared. */
    messages: z.int().min(0),
  })
  .meta({ id: "SharedLink" });

/** A part of what a link shows. Messages have no reasoning, usage and place, and failed replies are left out. */
export const SharedPage = z
  .object({
    title: z.string(),
    sharedAt: time,
    messages: z.array(Message),
    /** The number of the first message of this part, also of one that was left out. */
    first: z.int().min(1).optional(),
    hasOlder: z.boolean(),
  })
  .meta({ id: "SharedPage" });

/** A reply that is being written, or that failed and can be retried. */
export const ReplyState = z
  .object({
    /** The number of the message that it becomes. */
    number: z.int().min(2),
    status: z.enum(["writing", "failed"]),
    model: z.string(),
    modelName: z.string(),
    at: time,
    /** The text up to the offset in the reply's stream. */
    text: z.string(),
    /** The reasoning so far; absent from an earlier version of the program. */
    reasoning: z.string().optional(),
    reasoningMs: z.int().min(0).optional(),
    offset: z.string(),
    /** The current epoch; absent from an earlier version of the program. */
    epoch: z.int().min(1).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: "ReplyState" });

/** A prompt that waits until the reply before it is done. It can be edited and withdrawn. */
export const QueuedPrompt = z
  .object({
    /** Names it. Its message gets the conversation's next number when it is sent. */
    number: z.int().min(1),
    text: z.string(),
    at: time,
    files: z.array(FileRef).optional(),
  })
  .meta({ id: "QueuedPrompt" });

/** The place of a turn that does not simply follow the one before it. */
export const Branch = z.object({
  number: z.int().min(1),
  insteadOf: z.int().min(1).optional(),
  follows: z.int().min(2).optional(),
});

/** The thread that a page shows. */
const Thread = z.object({
  /** All branches of the conversation: they describe its tree of turns. */
  branches: z.array(Branch),
  /** The newest turn of the conversation, and the last of this thread. */
  newest: z.int().min(1),
  last: z.int().min(1),
  hasNewer: z.boolean(),
});

/** A conversation as its page needs it: one round trip. */
export const ConversationPage = z
  .object({
    conversation: Conversation,
    /** The newest messages, oldest first. */
    messages: z.array(Message),
    /**
     * The number of the first message of the page, also if the client knows it. Absent if there is none, and
     * from an earlier version of the program.
     */
    first: z.int().min(1).optional(),
    hasOlder: z.boolean(),
    /** Set if a thread was asked for; absent from an earlier version of the program. */
    thread: Thread.optional(),
    reply: ReplyState.nullable(),
    /**
     * The queued prompts, in the order in which they are sent. They wait for the reply; after a
     * failure for a Retry or `continueQueue`. Absent from an earlier version of the program.
     */
    queue: z.array(QueuedPrompt).optional(),
  })
  .meta({ id: "ConversationPage" });

/** An import of conversations from a file. */
export const Import = z
  .object({
    id: Id,
    /** The file's name. */
    name: z.string(),
    /** The conversations in the file. */
    total: z.int().min(0),
    /** Those that were looked at. */
    done: z.int().min(0),
    imported: z.int().min(0),
    skipped: z.int().min(0),
    /** What was left out, for the first conversations of which something was. */
    notes: z.array(
      z.object({
        title: z.string(),
        /** Codes, of which later versions of the program have more. */
        reasons: z.array(z.string()),
      }),
    ),
    startedAt: time,
    finishedAt: time.nullable(),
    /** Why it does not go on: `limit` or `fileGone`. Later versions of the program may have more. */
    problem: z.string().optional(),
  })
  .meta({ id: "Import" });

const Quota = z.object({ used: z.int().min(0), limit: z.int().min(1) });

/** The storage that an owner uses, and its limits. */
export const Quotas = z
  .object({ conversations: Quota, bytes: Quota })
  .meta({ id: "Quotas" });

export const Project = z
  .object({
    id: Id,
    name: z.string().max(limits.nameLength),
    instructions: z.string(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Project" });

/** A named text that its owner puts into the message box. */
export const SavedPrompt = z
  .object({
    id: Id,
    name: z.string().max(limits.nameLength),
    text: z.string(),
  })
  .meta({ id: "SavedPrompt" });

export const OwnerSettings = z
  .object({
    /** They go with every prompt of the owner. */
    instructions: z.string(),
    savedPrompts: z.array(SavedPrompt),
  })
  .meta({ id: "Settings" });

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
    /** 1 if an earlier version of the program does not say. */
    maxTemperature: z.number().optional(),
    continues: z.boolean(),
    /** What it takes as it is; absent for a model that takes text alone, and from an earlier version of the program. */
    takes: z
      .object({
        images: z
          .object({ maxBytes: z.int(), maxSide: z.int().optional() })
          .optional(),
      })
      .optional(),
  })
  .meta({ id: "ModelDescription" });

/** An event of a reply's stream; see the reply log. */
export const ReplyEvent = z.discriminatedUnion("kind", [
  /** Another writer took over, or the writer restarts its text: keep the first `keep` units. */
  z.object({
    kind: z.literal("epoch"),
    epoch: z.int().min(1),
    keep: z.int().min(0),
  }),
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({
    kind: z.literal("reasoning"),
    text: z.string(),
    /** The time for which the model has reasoned; absent from an earlier version of the program. */
    ms: z.int().min(0).optional(),
  }),
  z.object({ kind: z.literal("notice"), notice: z.string() }),
  z.object({
    kind: z.literal("end"),
    outcome: Outcome,
    /** The whole text of the message. */
    text: z.string(),
    reason: z.string().optional(),
    /** The other fields of the message; absent from an earlier version of the program. */
    model: z.string().optional(),
    modelName: z.string().optional(),
    at: time.optional(),
    reasoning: z.string().optional(),
    reasoningMs: z.int().min(0).optional(),
    usage: Usage.optional(),
    leftOut: z.int().min(0).optional(),
    /**
     * True if a later message follows, or prompts are queued. Not a part of the message; absent from an
     * earlier version of the program.
     */
    isContinued: z.boolean().optional(),
  }),
]);

export type FileRef = z.output<typeof FileRef>;
export type Prompt = z.output<typeof Prompt>;
export type Reply = z.output<typeof Reply>;
export type Message = Prompt | Reply;
export type Excerpt = z.output<typeof Excerpt>;
export type Conversation = z.output<typeof Conversation>;
export type DeletedConversation = z.output<typeof DeletedConversation>;
export type SharedLink = z.output<typeof SharedLink>;
export type SharedPage = z.output<typeof SharedPage>;
export type ConversationPage = z.output<typeof ConversationPage>;
export type QueuedPrompt = z.output<typeof QueuedPrompt>;
export type ReplyState = z.output<typeof ReplyState>;
export type Import = z.output<typeof Import>;
export type Quotas = z.output<typeof Quotas>;
export type SavedPrompt = z.output<typeof SavedPrompt>;
export type OwnerSettings = z.output<typeof OwnerSettings>;
export type Project = z.output<typeof Project>;
export type ModelUsage = z.output<typeof ModelUsage>;
export type ModelDescription = z.output<typeof ModelDescription>;
export type ReplyEvent = z.output<typeof ReplyEvent>;
export const isPrompt = (one: Message): one is Prompt => one.role === "user";
export const isReply = (one: Message): one is Reply => !isPrompt(one);

/** The end of a reply, with all fields of its message. */
export type ReplyEnd = Omit<ReplyEvent & { kind: "end" }, "kind">;
export type Usage = z.output<typeof Usage>;
export type Outcome = z.output<typeof Outcome>;
