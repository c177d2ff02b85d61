import type { z } from "zod";

export interface Operation<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  method: "get" | "post" | "patch" | "delete";
  /** As OpenAPI writes it: `/v1/conversations/{id}`. */
  path: string;
  tag:
    | "Conversations"
    | "Replies"
    | "Files"
    | "Links"
    | "Imports"
    | "Projects"
    | "Models"
    | "Search"
    | "Settings"
    | "Owner";
  summary: string;
  params: P;
  query: Q;
  body: B;
  /** The status of success. */
  status: 200 | 201 | 204;
  answer: A;
  /** The error statuses beyond those of every call. */
  errors: (403 | 404 | 409 | 413 | 422 | 429 | 503)[];
  /** Safe to repeat always, or with an `idempotency-key`. */
  repeatable: "always" | "keyed";
}

export const operation = <
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
>(
  description: Operation<P, Q, B, A>,
): Operation<P, Q, B, A> => description;
