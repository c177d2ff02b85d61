import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { FILE_HEADER, FILE_NAME_HEADER } from "../../core/api/file-operations";
import { integer } from "../../core/api/inputs";
import { FileRef, Id, limits } from "../../core/domain/records";
import { CallHeaders, problems } from "./describe-call";

const bytes = { schema: { type: "string" as const, format: "binary" } };

/**
 * The description of a file's upload: the request's body is its bytes.
 *
 * @param repeated what a repeated idempotency key does
 * @param answer what the file becomes
 */
export const describeUpload = (repeated: string, answer: z.ZodType) => ({
  requestParams: {
    header: z.object({
      ...CallHeaders.shape,
      [FILE_NAME_HEADER]: z.string().meta({
        description: "The file's name, percent-encoded.",
      }),
      "idempotency-key": z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/)
        .optional()
        .meta({ description: repeated }),
    }),
  },
  requestBody: {
    required: true,
    content: { "application/octet-stream": bytes },
  },
  responses: {
    "201": {
      description: "The file is on disk",
      content: { "application/json": { schema: answer } },
    },
    ...problems([403, 409, 413, 415, 422]),
  },
});

const fileResponses = {
  "200": {
    description: "The file's bytes",
    headers: {
      [FILE_HEADER]: {
        description: "The file, as messages refer to it; percent-encoded JSON.",
        schema: { type: "string" as const },
      },
    },
    content: { "application/octet-stream": bytes },
  },
  ...problems([404]),
};

/** The paths of files, which are no operations: their bodies are streams. */
export const filePaths: ZodOpenApiPathsObject = {
  "/v1/files": {
    post: {
      operationId: "uploadFile",
      tags: ["Files"],
      summary: "Stores a file, to be sent with a message",
      description: `At most ${limits.fileBytes} bytes: text in UTF-8, PNG, JPEG, GIF, WebP or PDF, found out from the bytes. A file that is not sent is deleted after a day.`,
      ...describeUpload("A repeated key stores one file.", FileRef),
    },
  },
  "/v1/conversations/{id}/files/{file}": {
    get: {
      operationId: "readFile",
      tags: ["Files"],
      summary: "Reads a file of a conversation's message",
      requestParams: {
        path: z.object({ id: Id, file: Id }),
        header: CallHeaders,
      },
      responses: fileResponses,
    },
  },
  "/v1/shared/{token}/messages/{number}/files/{file}": {
    get: {
      operationId: "readSharedFile",
      tags: ["Links"],
      summary: "Reads a file of a shared message, by the link's token",
      requestParams: {
        path: z.object({
          token: Id,
          number: integer(1, limits.messageNumber),
          file: Id,
        }),
        header: CallHeaders,
      },
      responses: fileResponses,
    },
  },
};
