import { z } from "zod";
import { Id, limits, SharedLink, SharedPage } from "../domain/records";
import { byId, count, empty, integer, none } from "./inputs";
import { operation } from "./operation";

/** Files of shared messages, which are streams, are described in `describe-files.ts`. */
export const linkOperations = {
  createLink: operation({
    method: "post",
    path: "/v1/conversations/{id}/links",
    tag: "Links",
    summary:
      "Shares a thread of a conversation as it is now, by a link for everyone who has it",
    params: byId,
    query: none,
    body: z.object({
      through: z.int().min(1).max(limits.messageNumber).optional().meta({
        description:
          "A message of the thread that is shared. By default the newest thread.",
      }),
    }),
    status: 201,
    answer: SharedLink,
    errors: [403, 404, 409],
    repeatable: "keyed",
  }),
  listLinks: operation({
    method: "get",
    path: "/v1/links",
    tag: "Links",
    summary: "The owner's shared links, newest first",
    params: none,
    query: z.object({ conversation: Id.optional() }),
    body: empty,
    status: 200,
    answer: z.object({ links: z.array(SharedLink) }).meta({ id: "LinkList" }),
    errors: [],
    repeatable: "always",
  }),
  revokeLink: operation({
    method: "delete",
    path: "/v1/links/{id}",
    tag: "Links",
    summary: "Revokes a shared link permanently",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [],
    repeatable: "always",
  }),
  readShared: operation({
    method: "get",
    path: "/v1/shared/{token}",
    tag: "Links",
    summary:
      "The messages that a link shows, by its token alone: any owner may call",
    params: z.object({ token: Id }),
    query: z.object({
      messages: count(50, limits.pageMessages),
      characters: integer(1, limits.pageCharacters).optional(),
      before: integer(1, limits.messageNumber)
        .optional()
        .meta({ description: "Only messages with lower numbers." }),
    }),
    body: empty,
    status: 200,
    answer: SharedPage,
    errors: [404],
    repeatable: "always",
  }),
};
