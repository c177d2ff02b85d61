import type { Router } from "@koa/router";
import { toVisibleError } from "../../core/domain/errors";
import type { ReplyEnd } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { resultWithin } from "../../core/runtime/async";
import { messageOf, type MessageRenderer } from "../pages/message-renderer";
import { messageKey } from "../pages/read-message";
import { respondWith } from "../middleware/send-streams";
import type { WebContext, WebState } from "../middleware/web-context";
import { heartbeat } from "../streaming/encode-event";
import {
  sendEvents,
  sendReconnect,
  sendTrouble,
} from "../streaming/event-stream";
import { joinReply, readReply, type ReplyId } from "../streaming/follow-reply";
import { htmlIn } from "../streaming/live-state";
import { parseSeen } from "../streaming/reply-text";
import type { RouteDeps } from "../pages/page-deps";
import { idOf, replyNumberOf } from "../pages/params";
import { seeOther } from "../pages/render-page";
import { createRouter } from "./create-router";

/** The events of a reply, and actions on it. */
export function replyRoutes(deps: RouteDeps): Router<WebState> {
  const router = createRouter({
    prefix: "/conversations/:id/replies/:number",
  });
  router.get("/events", (ctx) => openEvents(ctx, deps));
  router.get("/source", (ctx) => sendSource(ctx, deps));
  router.post("/stop", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.stopReply(ctx.state.api, id, replyNumberOf(ctx));
    backTo(ctx, id);
  });
  router.post("/retry", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.retryReply(ctx.state.api, id, replyNumberOf(ctx));
    backTo(ctx, id);
  });
  router.post("/regenerate", async (ctx) => {
    const id = idOf(ctx, "conversation");
    const { api: context, form } = ctx.state;
    const key = messageKey(form.get("key") ?? "", ctx.path);
    await deps.api.regenerateReply(context, id, replyNumberOf(ctx), key);
    seeOther(ctx, `/conversations/${id}`);
  });
  return router;
}

/** A reply's Markdown, for the clipboard. */
async function sendSource(ctx: WebContext, { api }: RouteDeps): Promise<void> {
  const of = { id: idOf(ctx, "conversation"), number: replyNumberOf(ctx) };
  const known = await readReply(api, ctx.state.api, of);
  ctx.type = "text/plain";
  ctx.body = "message" in known ? known.message.text : known.reply.text;
}

/** Redirects to the conversation, with the text in the message box of a page without a script. */
export function backTo(ctx: WebContext, conversation: string): void {
  seeOther(ctx, `/conversations/${conversation}`);
  // The browser repeats the form there.
  if (ctx.state.typed?.text) ctx.status = 307;
}

async function openEvents(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const of = { id: idOf(ctx, "conversation"), number: replyNumberOf(ctx) };
  const seen = parseSeen(
    ctx.get("last-event-id") || String(ctx.query.offset ?? ""),
  );
  const beat = heartbeat(deps.streams.heartbeatMs);
  const { owner } = ctx.state.api;
  const live = deps.streams.open(ctx.res, owner, beat, sendReconnect);
  // The first tells the client when to expect the next.
  live.write(beat);
  const reply = joinReply(deps, ctx.state, of, live.signal);
  await resultWithin(reply.begun, FIRST_EVENT_MS, live.signal).catch(
    (error) => {
      live.end("done");
      throw error;
    },
  );
  respondWith(ctx, "text/event-stream; charset=utf-8", live);
  sendEvents(live, {
    reply,
    seen,
    onEnd: () => deps.api.noticeEnd(ctx.state.api),
    renderEnd: (ended) => renderEnd(ctx, deps, of, ended, htmlIn(reply.state)),
  }).catch((error: unknown) => {
    if (live.signal.aborted) return;
    const { requestId } = ctx.state;
    deps.log.warn({ error, requestId }, "a reply could not be followed");
    sendTrouble(live, ctx.state.locale.tell(toVisibleError(error)));
    live.end("backend");
  });
}

/**
 * The response is delayed this long for the first event. Longer allows a proper error status; shorter
 * sends heartbeats before the client gives up.
 */
const FIRST_EVENT_MS = 2_000;

/** The finished article. */
async function renderEnd(
  { state }: WebContext,
  { api, messages, now }: RouteDeps,
  of: ReplyId,
  ended: ReplyEnd,
  html: string | undefined,
): Promise<string> {
  const { id, number } = of;
  const { locale } = state;
  const described = descriptionIn(number, ended);
  if (described) {
    return renderReply(messages, locale, id, described, ended, html, true);
  }
  // An earlier version of the backend says less: the conversation has the rest.
  const context = { ...state.api, signal: undefined };
  const known = await readReply(api, context, of).catch(() => undefined);
  if (known && "message" in known)
    return messages.render(locale, id, known.message);
  const reply = known?.reply ?? nameless(locale, number, now());
  return renderReply(messages, locale, id, reply, ended, html, false);
}

type Description = Parameters<typeof messageOf>[0];

function descriptionIn(
  number: number,
  { at, model, modelName }: ReplyEnd,
): Description | undefined {
  if (at === undefined || model === undefined || modelName === undefined) {
    return undefined;
  }
  return { number, at, model, modelName };
}

function renderReply(
  messages: MessageRenderer,
  locale: Locale,
  id: string,
  reply: Description,
  ended: ReplyEnd,
  html: string | undefined,
  isFinal: boolean,
): Promise<string> {
  const { outcome, text, reasoning, reasoningMs, reason } = ended;
  if (outcome === "failed") {
    const failed = {
      ...reply,
      status: outcome,
      text,
      reason,
      reasoning,
      reasoningMs,
    };
    return messages.renderPending(locale, id, failed, html);
  }
  const message = messageOf(reply, ended);
  return isFinal
    ? messages.render(locale, id, message, html)
    : messages.renderUncached(locale, id, message, html);
}

const nameless = (locale: Locale, number: number, nowMs: number) => ({
  number,
  at: new Date(nowMs).toISOString(),
  model: "",
  modelName: locale.t("reply.assistant"),
});
