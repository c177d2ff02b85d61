import { z } from "zod";
import { conversationOperations } from "./conversation-operations";
import { textField } from "../domain/text";
import { fileOperations } from "./file-operations";
import { importOperations } from "./import-operations";
import { empty, none } from "./inputs";
import { linkOperations } from "./link-operations";
import { operation } from "./operation";
import { ownerOperations } from "./owner-operations";
import { projectOperations } from "./project-operations";
import { replyOperations } from "./reply-operations";
import { settingsOperations } from "./settings-operations";
import {
  Conversation,
  Excerpt,
  Id,
  limits,
  ModelDescription,
} from "../domain/records";

const SearchResult = z
  .object({
    conversation: Conversation,
    /** Matching messages, newest first. */
    excerpts: z.array(Excerpt),
  })
  .meta({ id: "SearchResult" });

/**
 * The internal API. The backend validates requests and answers by it, the client in the web process
 * is typed by it, and `/openapi.json` is generated from it.
 */
export const operations = {
  ...conversationOperations,
  ...replyOperations,
  ...fileOperations,
  ...linkOperations,
  ...importOperations,
  listModels: operation({
    method: "get",
    path: "/v1/models",
    tag: "Models",
    summary: "The available models, the default first",
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
  ...projectOperations,
  ...settingsOperations,
  ...ownerOperations,
  search: operation({
    method: "get",
    path: "/v1/search",
    tag: "Search",
    summary:
      "Searches the owner's titles and messages. Without words it lists the conversations that match the filters",
    params: none,
    query: z.object({
      q: textField().max(limits.queryLength).optional(),
      titles: z
        .enum(["only"])
        .optional()
        .meta({ description: "Searches no messages." }),
      project: Id.optional(),
      from: z.iso.datetime().optional().meta({
        description:
          "Only messages from then on, and titles of conversations that were used then.",
      }),
      until: z.iso
        .datetime()
        .optional()
        .meta({ description: "Only what is older." }),
      archived: z.enum(["only", "without"]).optional().meta({
        description: "By default archived conversations are found as well.",
      }),
    }),
    body: empty,
    status: 200,
    answer: z
      .object({
        results: z.array(SearchResult),
        /** False if a bound of the search was reached. */
        complete: z.boolean(),
      })
      .meta({ id: "SearchResults" }),
    errors: [429, 503],
    repeatable: "always",
  }),
};

export type OperationId = keyof typeof operations;

const WireValue = z.union([z.string(), z.number()]);

const WireSentence = z.object({
  key: z.string(),
  values: z
    .record(
      z.string(),
      z.union([
        WireValue,
        z.object({
          key: z.string(),
          values: z.record(z.string(), WireValue).optional(),
        }),
      ]),
    )
    .optional(),
});

/** An error (RFC 9457), sent as `application/problem+json`. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    /** A sentence for the visitor. */
    detail: z.string(),
    /**
     * The sentence as a text of the catalogue with its values, for clients that show another language. Absent
     * from earlier versions of the program, and where the detail is for programs.
     */
    sentence: WireSentence.optional().catch(undefined),
    /** The request's id. */
    instance: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional(),
  })
  .meta({ id: "Problem" });

export type Problem = z.output<typeof Problem>;
