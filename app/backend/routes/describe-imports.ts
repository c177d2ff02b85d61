import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { Import, limits } from "../../core/domain/records";
import { describeUpload } from "./describe-files";

/** The upload of a file to import, which is no operation: its body is a stream. */
export const uploadImport: ZodOpenApiPathItemObject = {
  post: {
    operationId: "beginImport",
    tags: ["Imports"],
    summary: "Stores a file with exported conversations, to be imported",
    description: `At most ${limits.importBytes} bytes of JSON: our own export, or the conversations.json of ChatGPT.`,
    ...describeUpload("A repeated key begins one import.", Import),
  },
};
