import { z } from "zod";
import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { FILE_NAME_HEADER } from "../../core/api/file-operations";
import { Import, limits } from "../../core/domain/records";
import { CallHeaders, problems } from "./describe-call";

const UploadHeaders = z.object({
  ...CallHeaders.shape,
  [FILE_NAME_HEADER]: z.string().meta({
    description: "The file's name, percent-encoded.",
  }),
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({ description: "A repeated key begins one import." }),
});

/** The upload of a file to import, which is no operation: its body is a stream. */
export const uploadImport: ZodOpenApiPathItemObject = {
  post: {
    operationId: "beginImport",
    tags: ["Imports"],
    summary: "Stores a file with exported conversations, to be imported",
    description: `At most ${limits.importBytes} bytes of JSON: our own export, or the conversations.json of ChatGPT.`,
    requestParams: { header: UploadHeaders },
    requestBody: {
      required: true,
      content: {
        "application/octet-stream": {
          schema: { type: "string" as const, format: "binary" },
        },
      },
    },
    responses: {
      "201": {
        description: "The file is on disk",
        content: { "application/json": { schema: Import } },
      },
      ...problems([403, 409, 413, 415, 422]),
    },
  },
};
