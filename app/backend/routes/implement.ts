import { createHash } from "node:crypto";
import type Router from "@koa/router";
import type { Context } from "koa";
import type { z } from "zod";
import type { Operation } from "../../core/api/operation";
import { VisibleError } from "../../core/domain/errors";
import { type OperationId, operations } from "../../core/api/operations";
import type { BackendState } from "../backend-state";
import { InvalidRequestError } from "../middleware/answer-problems";
import { readBody } from "./read-body";

export type BackendRouter = Router<BackendState>;

/** The context of a call. */
export interface Caller extends BackendState {
  /** The idempotency key. */
  key?: string;
}

type Implementation<O extends Operation> = (
  input: {
    params: z.output<O["params"]>;
    query: z.output<O["query"]>;
    body: z.output<O["body"]>;
  },
  caller: Caller,
) => Promise<z.input<O["answer"]>>;

/** Serves an operation, and validates requests and answers by its description. */
export function implement<I extends OperationId>(
  router: BackendRouter,
  id: I,
  work: Implementation<(typeof operations)[I]>,
): void {
  const operation: Operation = operations[id];
  const run = work as Implementation<Operation>;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
  router[operation.method](path, async (ctx) => {
    ctx.state.operation = id;
    const input = await readInput(operation, ctx);
    const answer = await run(input, { ...ctx.state, ...keyOf(operation, ctx) });
    ctx.status = operation.status;
    if (operation.status === 204) ctx.body = null;
    else answerJson(ctx, operation.answer.parse(answer));
  });
}

async function readInput(operation: Operation, ctx: Context) {
  const hasBody = operation.method === "post" || operation.method === "patch";
  const params = operation.params.safeParse(ctx.params);
  if (!params.success) {
    throw new VisibleError(404, "Not found, or not yours.");
  }
  const query = validate(operation.query, ctx.query, "query");
  const given = hasBody ? await readBody(ctx.req) : undefined;
  return {
    params: params.data,
    query,
    body: validate(operation.body, given, "body"),
  };
}

function validate(schema: z.ZodType, given: unknown, part: string): unknown {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new InvalidRequestError(
    result.error.issues.map((issue) => ({
      pointer: [part, ...issue.path].join("/"),
      detail: issue.message,
    })),
  );
}

function keyOf(operation: Operation, ctx: Context): { key?: string } {
  const key = ctx.req.headers["idempotency-key"];
  if (operation.repeatable !== "keyed" || key === undefined) return {};
  if (typeof key === "string" && /^[\x21-\x7e]{1,255}$/.test(key))
    return { key };
  throw new VisibleError(
    400,
    "idempotency-key must have 1 to 255 visible characters.",
  );
}

/** Answers to reads have an entity tag, for conditional requests. */
function answerJson(ctx: Context, answer: unknown): void {
  const text = JSON.stringify(answer);
  if (ctx.method === "GET" || ctx.method === "HEAD") {
    ctx.set("cache-control", "private, no-cache");
    ctx.etag = createHash("sha256").update(text).digest("base64url");
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
  }
  ctx.body = text;
  ctx.type = "application/json";
}
