import { z } from "zod";
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
} from "zod-openapi";
import { operations } from "../../core/api/operations";
import { ReplyEvent } from "../../core/domain/records";
import { CallHeaders, problems, TagHeader } from "./describe-call";

const Query = z.object({
  offset: z.string().optional().meta({
    description:
      "Where to go on: the `stream-next-offset` of an earlier answer, `-1` for the beginning, `now` for the end.",
  }),
  live: z.enum(["long-poll", "sse"]).optional().meta({
    description:
      "Waits for what comes: once, or as an event stream. Needs an offset.",
  }),
  cursor: z.string().optional().meta({
    description: "The `stream-cursor` of an earlier long-poll.",
  }),
  ahead: z.enum(["true"]).optional().meta({
    description:
      "Also what is not on disk yet. Should it be lost with its writer, its offset is answered with what came instead.",
  }),
});

const place = {
  "stream-next-offset": {
    description: "Where to go on after this answer.",
    schema: { type: "string" as const },
  },
  "stream-up-to-date": {
    description: "`true` where this is all that there is now.",
    schema: { type: "string" as const },
  },
  "stream-closed": {
    description: "`true` where nothing will follow: the reply has ended.",
    schema: { type: "string" as const },
  },
};

const about = {
  tags: ["Replies"],
  requestParams: {
    path: operations.stopReply.params as z.ZodObject,
    header: z.object({ ...CallHeaders.shape, ...TagHeader.shape }),
  },
};

const get: ZodOpenApiOperationObject = {
  ...about,
  operationId: "readReply",
  summary: "A reply as a stream, by the Durable Streams protocol",
  description:
    "A message of the stream is one event of the reply. Any backend answers, whoever writes the reply.",
  requestParams: { ...about.requestParams, query: Query },
  responses: {
    "200": {
      description: "What the reply said after the offset, or a stream of it",
      headers: place,
      content: {
        "application/json": {
          schema: z.array(ReplyEvent).meta({ id: "ReplyEvents" }),
        },
        "text/event-stream": { schema: z.string() },
      },
    },
    "204": { description: "Nothing new came while it waited", headers: place },
    "304": { description: "Not changed since the answer with this tag" },
    ...problems([404]),
  },
};

const head: ZodOpenApiOperationObject = {
  ...about,
  operationId: "lookAtReply",
  summary: "How far a reply's stream has come",
  responses: {
    "200": { description: "It is there", headers: place },
    ...problems([404]),
  },
};

/** What is served beside the operations, as it streams. */
export const readReply: ZodOpenApiPathsObject = {
  "/v1/conversations/{id}/replies/{number}": { get, head },
};
