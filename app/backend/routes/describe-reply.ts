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
      "The `stream-next-offset` of an earlier response, `-1` for the beginning, or `now` for the end.",
  }),
  live: z.enum(["long-poll", "sse"]).optional().meta({
    description:
      "Waits for new events: once, or as an event stream. Needs an offset.",
  }),
  cursor: z.string().optional().meta({
    description: "The `stream-cursor` of an earlier response.",
  }),
  ahead: z.enum(["true"]).optional().meta({
    description:
      "Live reads include uncommitted text. If its writer dies before it is flushed, the text is dropped, and its offset is answered from the epoch that replaced it.",
  }),
});

const place = {
  "stream-next-offset": {
    description: "The offset after this response.",
    schema: { type: "string" as const },
  },
  "stream-up-to-date": {
    description: "`true` if there are no more events for now.",
    schema: { type: "string" as const },
  },
  "stream-closed": {
    description:
      "`true` if there will never be more events: the reply has ended.",
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
  summary: "Read a reply as a stream (Durable Streams protocol)",
  description:
    "Each message of the stream is an event of the reply. Any backend can serve it, whichever process writes the reply.",
  requestParams: { ...about.requestParams, query: Query },
  responses: {
    "200": {
      description: "The events after the offset, or a stream of them",
      headers: place,
      content: {
        "application/json": {
          schema: z.array(ReplyEvent).meta({ id: "ReplyEvents" }),
        },
        "text/event-stream": { schema: z.string() },
      },
    },
    "204": { description: "No new event before the time-out", headers: place },
    "304": { description: "Not modified" },
    ...problems([404]),
  },
};

const head: ZodOpenApiOperationObject = {
  ...about,
  operationId: "readReplyEnd",
  summary: "Get the end of a reply's stream",
  responses: {
    "200": { description: "The stream exists", headers: place },
    ...problems([404]),
  },
};

/** The streaming paths, which are no operations. */
export const readReply: ZodOpenApiPathsObject = {
  "/v1/conversations/{id}/replies/{number}": { get, head },
};
