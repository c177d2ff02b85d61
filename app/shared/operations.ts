import { z } from "zod";
import {
  Conversation,
  ConversationPage,
  Id,
  limits,
  Message,
  ModelDescription,
  ModelUsage,
  Project,
} from "./records";

/*
 * The internal API, one description for both sides: the backend validates every request and answer
 * by it, web's client is typed by it, and `/openapi.json` is made from it.
 */

/** One call of the API. */
export interface Operation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  method: "get" | "post" | "patch" | "delete";
  /** As OpenAPI writes it: `/v1/conversations/{id}`. */
  path: string;
  tag: "Conversations" | "Replies" | "Projects" | "Models" | "Search";
  summary: string;
  params: P;
  query: Q;
  body: B;
  /** The status of success. */
  status: 200 | 201 | 204;
  answer: A;
  /** The errors beyond those that every call can have. */
  errors: (404 | 409 | 413 | 422 | 429 | 503)[];
  /** Whether it is safe to send twice: by itself, with an `idempotency-key`, or not at all. */
  repeatable: "always" | "keyed";
}

const operation = <
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(
  given: Operation<P, Q, B, A>,
): Operation<P, Q, B, A> => given;

/** A whole number in a URL. */
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, "is not a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, {
          type: "integer",
          minimum: min,
          maximum: max,
        });
      },
    });

const count = (standard: number, max: number) =>
  integer(1, max)
    .optional()
    .transform((given) => given ?? standard);

const none = z.object({});
const empty = z.undefined();
const byId = z.object({ id: Id });
const byReply = z.object({
  id: Id,
  /** The number of the message that it becomes: even. */
  number: integer(2, limits.messageNumber),
});

const messageText = z
  .string()
  .max(limits.messageBytes, {
    error: `is too long: at most ${limits.messageBytes} bytes`,
  })
  .regex(/\S/, "is empty: write something")
  .meta({
    description: `At most ${limits.messageBytes} bytes as UTF-8, or the answer is 413.`,
  });

const title = z.string().max(limits.titleLength).regex(/\S/, "is empty");
const model = z.string().min(1).max(limits.modelLength);
const maxTokens = z.int().min(1).max(limits.maxTokens).nullable();
const temperature = z.number().min(0).max(1).nullable();
const projectName = z.string().max(limits.nameLength).regex(/\S/, "is empty");
const instructions = z
  .string()
  .max(limits.instructionsBytes)
  .meta({
    description: `At most ${limits.instructionsBytes} bytes as UTF-8. They go with every prompt of the project's conversations.`,
  });

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
    projects: z.array(Project),
    models: z.array(ModelDescription),
  })
  .meta({ id: "Overview" });

/** A prompt that was saved, and the reply that was begun. */
const SentMessage = z
  .object({
    message: Message,
    reply: z.object({ number: z.int().min(2) }),
  })
  .meta({ id: "SentMessage" });

const SearchResult = z
  .object({
    conversation: Conversation,
    /** Messages that say it, newest first, each cut to the part around what was found. */
    excerpts: z.array(Message),
  })
  .meta({ id: "SearchResult" });

export const operations = {
  readOverview: operation({
    method: "get",
    path: "/v1/overview",
    tag: "Conversations",
    summary: "What stands beside every page: conversations, projects, models",
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
    summary: "The owner's conversations, the last used first",
    params: none,
    query: z.object({
      limit: count(50, limits.pageConversations),
      cursor: z
        .string()
        .regex(/^[0-9]{1,15}$/, "is not what `next` said")
        .optional(),
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
    summary: "Makes a conversation of its first message, and begins the reply",
    params: none,
    query: none,
    body: z.object({
      text: messageText,
      model: model.optional(),
      project: Id.optional(),
    }),
    status: 201,
    answer: z
      .object({
        conversation: Conversation,
        message: Message,
        reply: z.object({ number: z.int().min(2) }),
      })
      .meta({ id: "CreatedConversation" }),
    errors: [404, 409, 413, 429, 503],
    repeatable: "keyed",
  }),
  readConversation: operation({
    method: "get",
    path: "/v1/conversations/{id}",
    tag: "Conversations",
    summary: "A conversation as its page needs it, in one round trip",
    params: byId,
    query: z.object({
      messages: count(50, limits.pageMessages),
      before: integer(1, limits.messageNumber)
        .optional()
        .meta({ description: "Only messages with lower numbers." }),
      known: integer(0, limits.messageNumber).optional().meta({
        description:
          "The caller has all messages up to this number: they never change, and are left out.",
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
    summary: "Renames a conversation, moves it, or changes how it is answered",
    params: byId,
    query: none,
    body: z.object({
      title: title.optional(),
      model: model.optional(),
      project: Id.nullable().optional(),
      maxTokens: maxTokens.optional(),
      temperature: temperature.optional(),
    }),
    status: 200,
    answer: Conversation,
    errors: [404, 422],
    repeatable: "always",
  }),
  deleteConversation: operation({
    method: "delete",
    path: "/v1/conversations/{id}",
    tag: "Conversations",
    summary:
      "Deletes a conversation; it can be restored until a sweep removes it",
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
    summary: "Undoes a deletion",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: Conversation,
    errors: [404],
    repeatable: "always",
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
    summary: "Says something more, and begins the reply",
    params: byId,
    query: none,
    body: z.object({
      text: messageText,
      follows: z.int().min(2).max(limits.messageNumber).optional().meta({
        description:
          "The reply that it goes on from, if the last prompt was asked several times. By itself the newest; so, too, if the conversation has gone on meanwhile.",
      }),
      insteadOf: z.int().min(1).max(limits.messageNumber).optional().meta({
        description:
          "The last prompt, if this takes its place; what was said before stays.",
      }),
    }),
    status: 201,
    answer: SentMessage,
    errors: [404, 409, 413, 429, 503],
    repeatable: "keyed",
  }),
  stopReply: operation({
    method: "post",
    path: "/v1/conversations/{id}/replies/{number}/stop",
    tag: "Replies",
    summary: "Ends a reply that is being written; what it said stays",
    params: byReply,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404],
    repeatable: "always",
  }),
  retryReply: operation({
    method: "post",
    path: "/v1/conversations/{id}/replies/{number}/retry",
    tag: "Replies",
    summary: "Tries a reply that failed again",
    params: byReply,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404, 409, 429, 503],
    repeatable: "always",
  }),
  regenerateReply: operation({
    method: "post",
    path: "/v1/conversations/{id}/replies/{number}/regenerate",
    tag: "Replies",
    summary:
      "Asks the last prompt again; the reply that it has stays beside the new one",
    params: byReply,
    query: none,
    body: empty,
    status: 201,
    answer: SentMessage,
    errors: [404, 409, 429, 503],
    repeatable: "keyed",
  }),
  listModels: operation({
    method: "get",
    path: "/v1/models",
    tag: "Models",
    summary: "The models that can be picked, the standard one first",
    params: none,
    query: none,
    body: empty,
    status: 200,
    answer: z
      .object({ models: z.array(ModelDescription) })
      .meta({ id: "ModelList" }),
    errors: [],
    repeatable: "always",
  }),
  listProjects: operation({
    method: "get",
    path: "/v1/projects",
    tag: "Projects",
    summary: "The owner's projects, by name",
    params: none,
    query: none,
    body: empty,
    status: 200,
    answer: z
      .object({ projects: z.array(Project) })
      .meta({ id: "ProjectList" }),
    errors: [],
    repeatable: "always",
  }),
  createProject: operation({
    method: "post",
    path: "/v1/projects",
    tag: "Projects",
    summary: "Makes a project",
    params: none,
    query: none,
    body: z.object({
      name: projectName,
      instructions: instructions.optional(),
    }),
    status: 201,
    answer: Project,
    errors: [413],
    repeatable: "keyed",
  }),
  readProject: operation({
    method: "get",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "A project, its last used conversations and its usage by model",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: z
      .object({
        project: Project,
        conversations: z.array(Conversation),
        usage: z.array(ModelUsage),
      })
      .meta({ id: "ProjectPage" }),
    errors: [404],
    repeatable: "always",
  }),
  changeProject: operation({
    method: "patch",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "Renames a project, or changes its instructions",
    params: byId,
    query: none,
    body: z.object({
      name: projectName.optional(),
      instructions: instructions.optional(),
    }),
    status: 200,
    answer: Project,
    errors: [404, 413],
    repeatable: "always",
  }),
  deleteProject: operation({
    method: "delete",
    path: "/v1/projects/{id}",
    tag: "Projects",
    summary: "Deletes a project; its conversations stay, without one",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [404],
    repeatable: "always",
  }),
  search: operation({
    method: "get",
    path: "/v1/search",
    tag: "Search",
    summary: "Looks for words in the owner's titles and messages",
    params: none,
    query: z.object({
      q: z.string().max(limits.queryLength).regex(/\S/, "is empty"),
    }),
    body: empty,
    status: 200,
    answer: z
      .object({
        results: z.array(SearchResult),
        /** Whether everything was looked through: the work of one search is bounded. */
        complete: z.boolean(),
      })
      .meta({ id: "SearchResults" }),
    errors: [],
    repeatable: "always",
  }),
};

export type OperationId = keyof typeof operations;

/** What an error is answered with (RFC 9457), as `application/problem+json`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    /** A sentence for the visitor, which says what to do. */
    detail: z.string(),
    /** The request's id: the same in both processes' logs. */
    instance: z.string(),
    /** What is wrong with which part of the request. */
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional(),
  })
  .meta({ id: "Problem" });

export type Problem = z.output<typeof Problem>;
