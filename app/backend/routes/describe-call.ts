import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { ZodOpenApiResponsesObject } from "zod-openapi";
import { Problem } from "../../core/api/operations";

/** What any call may be answered with besides success. */
const EVERYWHERE = [400, 401, 500, 503, 504, 507];

/** What every call can send. */
export const CallHeaders = z.object({
  "keepsake-owner": z
    .string()
    .regex(/^[\x21-\x7e]{1,512}$/)
    .meta({ description: "Whose records this is about." }),
  "x-request-id": z.string().optional().meta({
    description:
      "The same in the logs of both processes; one is made where none is sent.",
  }),
  traceparent: z
    .string()
    .optional()
    .meta({ description: "W3C trace context." }),
  tracestate: z
    .string()
    .optional()
    .meta({ description: "W3C trace context, as it came." }),
  "keepsake-deadline-ms": z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .optional()
    .meta({
      description: "After how many milliseconds nobody waits for the answer.",
    }),
});

/** What a call for what may be known already can send. */
export const TagHeader = z.object({
  "if-none-match": z.string().optional().meta({
    description:
      "The `etag` of an earlier answer: if that is still right, 304.",
  }),
});

/** The errors that a call may be answered with: these, and those of every call. */
export function problems(codes: readonly number[]): ZodOpenApiResponsesObject {
  const content = { "application/problem+json": { schema: Problem } };
  const described = [...new Set([...EVERYWHERE, ...codes])].map((code) => [
    String(code),
    { description: STATUS_CODES[code] ?? "Error", content },
  ]);
  return Object.fromEntries(described) as ZodOpenApiResponsesObject;
}
