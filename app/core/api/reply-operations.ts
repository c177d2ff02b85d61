import { z } from "zod";
import { Id, limits, Prompt } from "../domain/records";
import { empty, integer, none } from "./inputs";
import { operation } from "./operation";

const byReply = z.object({
  id: Id,
  /** The number of the reply's message: even. */
  number: integer(2, limits.messageNumber),
});

export const SentMessage = z
  .object({
    message: Prompt,
    reply: z.object({ number: z.int().min(2) }),
    /** True if the message waits, or has waited, for the reply before it. */
    queued: z.boolean().optional(),
  })
  .meta({ id: "SentMessage" });

export const replyOperations = {
  stopReply: operation({
    method: "post",
    path: "/v1/conversations/{id}/replies/{number}/stop",
    tag: "Replies",
    summary: "Stops a reply that is being written; its text stays",
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
    summary: "Retries a failed reply",
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
    summary: "Sends the last prompt again; its reply stays beside the new one",
    params: byReply,
    query: none,
    body: empty,
    status: 201,
    answer: SentMessage,
    errors: [403, 404, 409, 429, 503],
    repeatable: "keyed",
  }),
};
