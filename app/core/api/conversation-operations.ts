import { z } from "zod";
import {
  Conversation,
  ConversationPage,
  DeletedConversation,
  Id,
  limits,
  Message,
  ModelDescription,
  Project,
  Prompt,
  QueuedPrompt,
  Quotas,
} from "../domain/records";
import { isVisible, textField, visiblePattern } from "../domain/text";
import { byId, count, empty, integer, none } from "./inputs";
import { operation } from "./operation";
import { SentMessage } from "./reply-operations";

const messageText = textField()
  .regex(visiblePattern, "is empty")
  .meta({
    maxLength: limits.messageBytes,
    description: `At most ${limits.messageBytes} bytes as UTF-8, or the answer is 413.`,
  });

/** The text of a message, which may be empty if it has files. */
const textWithFiles = textField().meta({
  maxLength: limits.messageBytes,
  description: `At most ${limits.messageBytes} bytes as UTF-8, or the answer is 413. May be empty if there are files.`,
});

/** An edit may have the files of the prompt that it replaces. */
const hasContent = (message: {
  text: string;
  files?: string[] | undefined;
  insteadOf?: number | undefined;
}) =>
  isVisible(message.text) ||
  message.insteadOf !== undefined ||
  (message.files ?? []).length > 0;

const isEmpty = { path: ["text"], message: "is empty" };

const files = z.array(Id).max(limits.filesPerMessage).optional().meta({
  description: "Uploaded files, which become the message's.",
});

const byQueued = z.object({
  id: Id,
  /** The number of the queued message: odd. */
  number: integer(1, limits.messageNumber),
});

const title = textField()
  .max(limits.titleLength)
  .regex(visiblePattern, "is empty");
const model = z.string().min(1).max(limits.modelLength);
const maxTokens = z.int().min(1).max(limits.maxTokens).nullable();
const temperature = z
  .number()
  .min(0)
  .max(limits.maxTemperature)
  .nullable()
  .meta({ description: "Within the bounds of the model." });
const instructions = textField()
  .max(limits.instructionsBytes)
  .meta({
    description: `At most ${limits.instructionsBytes} bytes as UTF-8. They go with every prompt of the conversation.`,
  });
const cursor = (pattern: RegExp) =>
  z.string().regex(pattern, "is not a value of `next`").optional();

const ConversationList = z
  .object({
    conversations: z.array(Conversation),
    /** Passed as `cursor`, this gets the next page; `null` on the last. */
    next: z.string().nullable(),
  })
  .meta({ id: "ConversationList" });

const Overview = z
  .object({
    ...ConversationList.shape,
    /** Also in `conversations`, in their place. Absent from an earlier version of the program. */
    pinned: z.array(Conversation).optional(),
    projects: z.array(Project),
    models: z.array(ModelDescription),
    /** Absent from an earlier version of the program. */
    quotas: Quotas.optional(),
  })
  .meta({ id: "Overview" });

const byTurn = z.object({
  id: Id,
  /** The number of the turn's prompt: odd. */
  number: integer(1, limits.messageNumber),
});

export const conversationOperations = {
  readOverview: operation({
    method: "get",
    path: "/v1/overview",
    tag: "Conversations",
    summary: "The sidebar of every page: conversations, projects, models",
    params: none,
    query: z.object({ limit: count(50, limits.pageConversations) }),
    body: empty,
    status: 200,
    answer: Overview,
    errors: [],
    repeatable: "always",
  }),
  listConversations: operation({
    method: "get",
    path: "/v1/conversations",
    tag: "Conversations",
    summary: "The owner's conversations, most recently used first",
    params: none,
    query: z.object({
      limit: count(50, limits.pageConversations),
      cursor: cursor(/^[0-9]{1,15}$/),
      archived: z.enum(["only", "with"]).optional().meta({
        description:
          "Only archived conversations, or all. By default those that are not archived.",
      }),
    }),
    body: empty,
    status: 200,
    answer: ConversationList,
    errors: [],
    repeatable: "always",
  }),
  createConversation: operation({
    method: "post",
    path: "/v1/conversations",
    tag: "Conversations",
    summary:
      "Creates a conversation with its first message, and starts the reply",
    params: none,
    query: none,
    body: z
      .object({
        text: textWithFiles,
        model: model.optional(),
        project: Id.optional(),
        files,
      })
      .refine(hasContent, isEmpty),
    status: 201,
    answer: z
      .object({
        conversation: Conversation,
        message: Prompt,
        reply: z.object({ number: z.int().min(2) }),
      })
      .meta({ id: "CreatedConversation" }),
    errors: [403, 404, 409, 413, 422, 429, 503],
    repeatable: "keyed",
  }),
  readConversation: operation({
    method: "get",
    path: "/v1/conversations/{id}",
    tag: "Conversations",
    summary: "A conversation with its messages and pending reply",
    params: byId,
    query: z.object({
      messages: count(50, limits.pageMessages),
      characters: integer(1, limits.pageCharacters).optional().meta({
        description:
          "No more messages than have so many characters together; at least one turn. By default all.",
      }),
      before: integer(1, limits.messageNumber)
        .optional()
        .meta({ description: "Only messages with lower numbers." }),
      thread: integer(0, limits.messageNumber).optional().meta({
        description:
          "Only the thread that has the message with this number; 0 for the newest thread.",
      }),
      known: integer(0, limits.messageNumber).optional().meta({
        description:
          "The client has all messages up to this number. They never change, and are left out.",
      }),
    }),
    body: empty,
    status: 200,
    answer: ConversationPage,
    errors: [404],
    repeatable: "always",
  }),
  changeConversation: operation({
    method: "patch",
    path: "/v1/conversations/{id}",
    tag: "Conversations",
    summary:
      "Changes the title, project or model settings of a conversation, pins or archives it",
    params: byId,
    query: none,
    body: z.object({
      title: title.optional(),
      model: model.optional(),
      project: Id.nullable().optional(),
      maxTokens: maxTokens.optional(),
      temperature: temperature.optional(),
      instructions: instructions.optional(),
      pinned: z
        .boolean()
        .optional()
        .meta({
          description: `Takes it out of the archive. At most ${limits.pinnedConversations} are pinned, or the answer is 409.`,
        }),
      archived: z.boolean().optional().meta({
        description:
          "An archived conversation is in no list but the archive, and not pinned. A new message takes it out.",
      }),
    }),
    status: 200,
    answer: Conversation,
    errors: [404, 409, 413, 422],
    repeatable: "always",
  }),
  deleteConversation: operation({
    method: "delete",
    path: "/v1/conversations/{id}",
    tag: "Conversations",
    summary:
      "Deletes a conversation. It can be restored until a sweep removes it",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404],
    repeatable: "always",
  }),
  restoreConversation: operation({
    method: "post",
    path: "/v1/conversations/{id}/restore",
    tag: "Conversations",
    summary: "Restores a deleted conversation",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: Conversation,
    errors: [404],
    repeatable: "always",
  }),
  listDeleted: operation({
    method: "get",
    path: "/v1/bin",
    tag: "Conversations",
    summary:
      "The deleted conversations that can be restored, last deleted first",
    params: none,
    query: z.object({
      limit: count(50, limits.pageConversations),
      cursor: cursor(/^[0-9]{1,15}-[0-9]{1,15}$/),
    }),
    body: empty,
    status: 200,
    answer: z
      .object({
        conversations: z.array(DeletedConversation),
        next: z.string().nullable(),
      })
      .meta({ id: "Bin" }),
    errors: [],
    repeatable: "always",
  }),
  readDeleted: operation({
    method: "get",
    path: "/v1/bin/{id}",
    tag: "Conversations",
    summary: "A deleted conversation that can be restored",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: DeletedConversation,
    errors: [404],
    repeatable: "always",
  }),
  purgeConversation: operation({
    method: "delete",
    path: "/v1/bin/{id}",
    tag: "Conversations",
    summary:
      "Deletes a deleted conversation permanently. A sweep then removes its files",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404, 409],
    repeatable: "always",
  }),
  deleteTurn: operation({
    method: "delete",
    path: "/v1/conversations/{id}/turns/{number}",
    tag: "Conversations",
    summary:
      "Deletes a message and its reply from a conversation. They can be restored until the conversation is removed",
    params: byTurn,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404, 409],
    repeatable: "always",
  }),
  restoreTurn: operation({
    method: "post",
    path: "/v1/conversations/{id}/turns/{number}/restore",
    tag: "Conversations",
    summary: "Restores a deleted message and its reply",
    params: byTurn,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404],
    repeatable: "always",
  }),
  forkConversation: operation({
    method: "post",
    path: "/v1/conversations/{id}/forks",
    tag: "Conversations",
    summary:
      "Makes a conversation out of the messages up to one of them. After a prompt, a new reply begins",
    params: byId,
    query: none,
    body: z.object({
      message: z.int().min(1).max(limits.messageNumber).meta({
        description:
          "The number of the last message: its thread is copied, without deleted messages.",
      }),
    }),
    status: 201,
    answer: Conversation,
    errors: [403, 404, 429, 503],
    repeatable: "keyed",
  }),
  listMessages: operation({
    method: "get",
    path: "/v1/conversations/{id}/messages",
    tag: "Conversations",
    summary: "Messages of a conversation, oldest first",
    params: byId,
    query: z.object({
      limit: count(50, limits.pageMessages),
      before: integer(1, limits.messageNumber).optional(),
    }),
    body: empty,
    status: 200,
    answer: z
      .object({ messages: z.array(Message), hasOlder: z.boolean() })
      .meta({ id: "MessageList" }),
    errors: [404],
    repeatable: "always",
  }),
  sendMessage: operation({
    method: "post",
    path: "/v1/conversations/{id}/messages",
    tag: "Conversations",
    summary: "Sends a message, and starts the reply",
    params: byId,
    query: none,
    body: z
      .object({
        text: textWithFiles,
        follows: z.int().min(2).max(limits.messageNumber).optional().meta({
          description:
            "The reply whose thread the message continues, also if that has grown since. Defaults to the newest reply.",
        }),
        insteadOf: z.int().min(1).max(limits.messageNumber).optional().meta({
          description:
            "A prompt, to add another version of it; earlier versions stay.",
        }),
        files,
        queue: z.boolean().optional().meta({
          description:
            "True to queue the message while a reply is being written. By default that is refused (409). No effect with `insteadOf`.",
        }),
      })
      .refine(hasContent, isEmpty),
    status: 201,
    answer: SentMessage,
    errors: [403, 404, 409, 413, 422, 429, 503],
    repeatable: "keyed",
  }),
  editQueuedMessage: operation({
    method: "patch",
    path: "/v1/conversations/{id}/queue/{number}",
    tag: "Conversations",
    summary: "Edits a queued message. Refused once its reply has begun",
    params: byQueued,
    query: none,
    body: z.object({ text: messageText }),
    status: 200,
    answer: QueuedPrompt,
    errors: [403, 404, 409, 413],
    repeatable: "always",
  }),
  withdrawQueuedMessage: operation({
    method: "delete",
    path: "/v1/conversations/{id}/queue/{number}",
    tag: "Conversations",
    summary: "Withdraws a queued message. Refused once its reply has begun",
    params: byQueued,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404, 409],
    repeatable: "always",
  }),
  continueQueue: operation({
    method: "post",
    path: "/v1/conversations/{id}/queue/continue",
    tag: "Conversations",
    summary:
      "Sends the queued messages although the last reply failed, which then can't be retried",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404, 429, 503],
    repeatable: "always",
  }),
};
