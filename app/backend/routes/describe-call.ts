import { STATUS_CODES } from "node:http";
import { z } from "zod";
import type { ZodOpenApiResponsesObject } from "zod-openapi";
import { Problem } from "../../core/api/operations";

/** The error statuses of every call. */
const EVERYWHERE = [400, 401, 500, 503, 504, 507];

/** The headers of every call. */
export const CallHeaders = z.object({
  "keepsake-owner": z
    .string()
    .regex(/^[\x21-\x7e]{1,512}$/)
    .meta({ description: "The owner of the records." }),
  "keepsake-owner-kind": z.enum(["anonymous", "person"]).optional().meta({
    description:
      "Anonymous owners are removed some time after their last call; others stay.",
  }),
  "keepsake-client": z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .optional()
    .meta({ description: "Callers with the same value take turns as one." }),
  "x-request-id": z.string().optional().meta({
    description: "Appears in the logs of both processes. Generated if absent.",
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
      description: "Milliseconds after which the client stops waiting.",
    }),
});

/** The header of a conditional read. */
export const TagHeader = z.object({
  "if-none-match": z.string().optional().meta({
    description: "The `etag` of an earlier answer; 304 if nothing changed.",
  }),
});

/** The error responses of a call: these, and those of every call. */
export function problems(codes: readonly number[]): ZodOpenApiResponsesObject {
  const content = { "application/problem+json": { schema: Problem } };
  const described = [...new Set([...EVERYWHERE, ...codes])].map((code) => [
    String(code),
    { description: STATUS_CODES[code] ?? "Error", content },
  ]);
  return Object.fromEntries(described) as ZodOpenApiResponsesObject;
}
