import { z } from "zod";
import { Id, limits, Prompt } from "../domain/records";
import { empty, integer, none } from "./inputs";
import { operation } from "./operation";

const byReply = z.object({
  id: Id,
  /** The number of the message that it becomes: even. */
  number: integer(2, limits.messageNumber),
});

/** A prompt that was saved, and the reply that was begun. */
export const SentMessage = z
  .object({
    message: Prompt,
    reply: z.object({ number: z.int().min(2) }),
  })
  .meta({ id: "SentMessage" });

/** What can be done about a reply, other than following it. */
export const replyOperations = {
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
};
