import { createHash } from "node:crypto";
import type { Context, Middleware } from "koa";
import type { z } from "zod";
import type { Operation } from "../../core/api/operation";
import { type OperationId, operations } from "../../core/api/operations";
import { VisibleError } from "../../core/domain/errors";
import { InvalidRequestError } from "./answer-problems";
import { readBody } from "./read-body";

/** Validates the request and the answer of an operation by its description. */
export function validate(id: OperationId): Middleware {
  const operation: Operation = operations[id];
  return async (ctx, next) => {
    ctx.state["operation"] = id;
    ctx.state["input"] = await readInput(operation, ctx);
    ctx.state["key"] = keyOf(operation, ctx);
    await next();
    const answer = operation.answer.parse(ctx.body ?? undefined);
    ctx.status = operation.status;
    if (operation.status === 204) ctx.body = null;
    else answerJson(ctx, answer);
  };
}

async function readInput(operation: Operation, ctx: Context) {
  const hasBody = operation.method === "post" || operation.method === "patch";
  const params = operation.params.safeParse(ctx["params"]);
  if (!params.success) {
    throw new VisibleError(404, "Not found, or not yours.");
  }
  const query = parse(operation.query, ctx.query, "query");
  const sent = hasBody ? await readBody(ctx.req) : undefined;
  const body = parse(operation.body, sent, "body");
  return { params: params.data, query, body };
}

function parse(schema: z.ZodType, sent: unknown, part: string): unknown {
  const result = schema.safeParse(sent);
  if (result.success) return result.data;
  throw new InvalidRequestError(
    result.error.issues.map((issue) => ({
      pointer: [part, ...issue.path].join("/"),
      detail: issue.message,
    })),
  );
}

/** The idempotency key. @throws VisibleError 400 if it is none. */
export function keyOf(
  operation: Pick<Operation, "repeatable">,
  ctx: Pick<Context, "req">,
): string | undefined {
  const key = ctx.req.headers["idempotency-key"];
  if (operation.repeatable !== "keyed" || key === undefined) return undefined;
  if (typeof key === "string" && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
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
