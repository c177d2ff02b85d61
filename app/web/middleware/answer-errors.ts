import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { resultWithin } from "../../core/runtime/async";
import { CLIENT_LEFT, isDeparture } from "../../core/runtime/departure";
import type { Logger } from "../../core/runtime/log";
import { LimitError, toVisibleError } from "../../core/domain/errors";
import { viewCalls } from "../pages/calls-view";
import { type FrameDeps, viewFrame } from "../pages/render-page";
import type { Render } from "../rendering/views";
import { sendHtml } from "./track-locale";
import { ownAddress } from "./own-address";
import type { WebContext, WebMiddleware } from "./web-context";

const RETRY_AFTER_SECONDS = 5;

/**
 * Answers with a page that says what went wrong and what to do, and gives back what was typed.
 * Programs that accept no page get the sentence alone.
 * Logs faults; shows visitors only messages marked safe.
 */
export function answerErrors(
  log: Logger,
  render: Render,
  deps: FrameDeps,
): WebMiddleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) ctx.throw(404);
    } catch (error) {
      if (isDeparture(error, ctx)) {
        ctx.status = CLIENT_LEFT;
        return;
      }
      const { status, message } = toVisibleError(error);
      const { requestId } = ctx.state;
      if (status >= 500) {
        log.error({ error, requestId, path: ctx.path }, "request failed");
      }
      ctx.status = status;
      const wait =
        error instanceof LimitError
          ? error.retryAfterSeconds
          : RETRY_AFTER_SECONDS;
      if (mayRetry.has(status)) ctx.set("retry-after", String(wait));
      if (!ctx.accepts("html")) {
        ctx.type = "text";
        ctx.body = `${message}\n`;
        return;
      }
      const page = problemPage(ctx, status, message);
      const frame = await frameOf(ctx, deps);
      const { locale, preferences } = ctx.state;
      const data = { ...page, frame, preferences };
      sendHtml(ctx, render(locale, "problem.njk", data));
    }
  };
}

/** The sidebar is left out if its lists take longer: the reason may be the same as the problem's. */
const FRAME_MS = 1_000;

/** The sidebar of a visitor whose session was read; the script shows the problem alone. */
async function frameOf(
  { state, method }: Pick<WebContext, "state" | "method">,
  deps: FrameDeps,
): Promise<object | undefined> {
  if (!state.api || (state.scripted && method === "POST")) return undefined;
  const frame = await resultWithin(viewFrame({ state }, deps), FRAME_MS).catch(
    () => undefined,
  );
  if (!frame || frame.problem) return undefined;
  return { ...frame, calls: viewCalls(state.api.calls) };
}

/** Statuses of a problem that passes. */
const mayRetry = new Set([429, 503]);

const titles: Record<number, string> = {
  400: "Invalid request",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "Conflict",
  413: "Too long",
  421: "Unknown host",
  422: "Not accepted",
  429: "Too many at once",
  503: "Unavailable",
  507: "Not saved",
};

const NOTHING_LOST = "What you typed is kept below. Nothing was lost.";

function problemPage(
  ctx: Pick<WebContext, "state" | "method" | "path" | "url">,
  status: number,
  message: string,
): object {
  const { typed, requestId } = ctx.state;
  return {
    title: titles[status] ?? STATUS_CODES[status] ?? "Something went wrong",
    problem: {
      message: status === 404 ? notFoundMessage(message) : message,
      action: typed?.text ? NOTHING_LOST : undefined,
    },
    // A message that is sent again after a conflict is another attempt, and the same message.
    composer: typed && { ...typed, key: typed.key || randomUUID() },
    retry:
      ctx.method === "GET" && status >= 500 ? ownAddress(ctx.url) : undefined,
    ...wayBack(status === 404 ? "/" : ctx.path),
    requestId,
  };
}

function notFoundMessage(message: string): string {
  return message === STATUS_CODES[404]
    ? "This page does not exist, or was deleted."
    : message;
}

function wayBack(path: string): { back: string; backLabel: string } {
  const conversation = /^\/conversations\/[a-z2-7]{26}(?=\/)/.exec(path)?.[0];
  return conversation
    ? { back: conversation, backLabel: "Back to the conversation" }
    : { back: "/", backLabel: "Start a new conversation" };
}
