import { z } from "zod";
import { Import } from "../domain/records";
import { byId, empty, none } from "./inputs";
import { operation } from "./operation";

/** The upload of a file, which is a stream, is described in `describe-imports.ts`. */
export const importOperations = {
  listImports: operation({
    method: "get",
    path: "/v1/imports",
    tag: "Imports",
    summary: "The owner's imports, the last begun first",
    params: none,
    query: none,
    body: empty,
    status: 200,
    answer: z.object({ imports: z.array(Import) }).meta({ id: "ImportList" }),
    errors: [],
    repeatable: "always",
  }),
  continueImport: operation({
    method: "post",
    path: "/v1/imports/{id}/continue",
    tag: "Imports",
    summary:
      "Imports further conversations for about a second, and answers the progress. No conversation is imported twice",
    params: byId,
    query: none,
    body: empty,
    status: 200,
    answer: Import,
    errors: [404],
    repeatable: "always",
  }),
  deleteImport: operation({
    method: "delete",
    path: "/v1/imports/{id}",
    tag: "Imports",
    summary:
      "Deletes an import and its file. The conversations that were imported stay",
    params: byId,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [],
    repeatable: "always",
  }),
};
