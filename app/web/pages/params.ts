import { NotFoundError } from "../../core/domain/errors";
import { idPattern, limits } from "../../core/domain/records";
import { isPromptNumber } from "../../core/domain/turns";
import type { WebContext } from "../middleware/web-context";

/** The id in the address. @throws NotFoundError if it can't be one of ours. */
export function idOf(
  ctx: WebContext,
  what: "conversation" | "project" | "file" | "import" | "link" | "savedPrompt",
): string {
  const id = String(ctx.params.id);
  if (!idPattern.test(id)) throw new NotFoundError(what);
  return id;
}

/** A message's number in the address. @throws NotFoundError if it can't be one. */
export function messageNumberOf(ctx: WebContext): number {
  const number = Number(ctx.params.number);
  const isOne = Number.isSafeInteger(number) && number > 0;
  if (isOne && number <= limits.messageNumber) return number;
  throw new NotFoundError("message");
}

/** A turn's number in the address: odd. @throws NotFoundError if it can't be one. */
export function turnNumberOf(ctx: WebContext): number {
  const number = Number(ctx.params.number);
  if (!Number.isSafeInteger(number) || number < 1 || !isPromptNumber(number)) {
    throw new NotFoundError("message");
  }
  return number;
}

/** A reply's number in the address: even. @throws NotFoundError if it can't be one. */
export function replyNumberOf(ctx: WebContext): number {
  const number = Number(ctx.params.number);
  if (!Number.isSafeInteger(number) || number < 2 || isPromptNumber(number)) {
    throw new NotFoundError("reply");
  }
  return number;
}

/** The number of a queued message in the address: odd. @throws NotFoundError if it can't be one. */
export function queuedNumberOf(ctx: WebContext): number {
  const number = Number(ctx.params.number);
  if (!Number.isSafeInteger(number) || !isPromptNumber(number)) {
    throw new NotFoundError("message");
  }
  return number;
}
