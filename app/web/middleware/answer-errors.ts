import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { resultWithin } from "../../core/runtime/async";
import { CLIENT_LEFT, isDeparture } from "../../core/runtime/departure";
import { type Logger, withoutToken } from "../../core/runtime/log";
import { LimitError, toVisibleError } from "../../core/domain/errors";
import { isTextKey } from "../../core/texts/catalogue";
import type { Locale } from "../../core/texts/locale";
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
      const { status, ...said } = toVisibleError(error);
      const { requestId, locale } = ctx.state;
      const message = locale.tell(said);
      if (status >= 500) {
        const path = withoutToken(ctx.path);
        log.error({ error, requestId, path }, "request failed");
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
      const { preferences } = ctx.state;
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
  return { ...frame, calls: viewCalls(state.locale, state.api.calls) };
}

/** Statuses of a problem that passes. */
const mayRetry = new Set([429, 503]);

function titleOf(locale: Locale, status: number): string {
  const key = `problem.title.${status}`;
  return locale.write(isTextKey(key) ? key : "problem.title.other");
}

function problemPage(
  ctx: Pick<WebContext, "state" | "method" | "path" | "url">,
  status: number,
  message: string,
): object {
  const { typed, requestId, locale } = ctx.state;
  return {
    title: titleOf(locale, status),
    problem: {
      message: status === 404 ? notFoundMessage(locale, message) : message,
      action: typed?.text ? locale.t("problem.kept") : undefined,
    },
    // A message that is sent again after a conflict is another attempt, and the same message.
    composer: typed && { ...typed, key: typed.key || randomUUID() },
    retry:
      ctx.method === "GET" && status >= 500 ? ownAddress(ctx.url) : undefined,
    ...wayBack(locale, status === 404 ? "/" : ctx.path),
    requestId,
  };
}

function notFoundMessage(locale: Locale, message: string): string {
  return message === STATUS_CODES[404] ? locale.t("problem.noPage") : message;
}

function wayBack(
  locale: Locale,
  path: string,
): { back: string; backLabel: string } {
  const conversation = /^\/conversations\/[a-z2-7]{26}(?=\/)/.exec(path)?.[0];
  return conversation
    ? { back: conversation, backLabel: locale.t("problem.backToConversation") }
    : { back: "/", backLabel: locale.t("problem.startNew") };
}
