import { Router } from "@koa/router";
import { NotFoundError, toVisibleError } from "../../core/domain/errors";
import {
  isReply,
  type Reply,
  type ReplyEnd,
  type ReplyEvent,
  type ReplyState,
} from "../../core/domain/records";
import { pause } from "../../core/runtime/async";
import type { Api, ApiContext } from "../backend-client/api";
import { messageOf } from "../pages/message-renderer";
import { messageKey } from "../pages/read-message";
import type { WebContext, WebState } from "../middleware/web-context";
import { heartbeat } from "../streaming/encode-event";
import {
  sendEvents,
  sendReconnect,
  sendTrouble,
} from "../streaming/event-stream";
import { parseSeen } from "../streaming/reply-view";
import type { RouteDeps } from "../pages/page-deps";
import { idOf, replyNumberOf } from "../pages/params";
import { seeOther } from "../pages/render-page";

/** A reply in progress: its events, and what can be done with it. */
export function replyRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>({
    prefix: "/conversations/:id/replies/:number",
  });
  router.get("/events", (ctx) => openEvents(ctx, deps));
  router.get("/source", (ctx) => sendSource(ctx, deps));
  router.post("/stop", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.stopReply(ctx.state.api, id, replyNumberOf(ctx));
    readOn(ctx, id);
  });
  router.post("/retry", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.retryReply(ctx.state.api, id, replyNumberOf(ctx));
    readOn(ctx, id);
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

/** Leads back to the conversation, with what was typed into a page that has no script to keep it. */
function readOn(ctx: WebContext, conversation: string): void {
  seeOther(ctx, `/conversations/${conversation}`);
  // The browser sends the form there once more.
  if (ctx.state.typed?.text) ctx.status = 307;
}

async function openEvents(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const of = { id: idOf(ctx, "conversation"), number: replyNumberOf(ctx) };
  const seen = parseSeen(
    ctx.get("last-event-id") || String(ctx.query.offset ?? ""),
  );
  const beat = heartbeat(deps.streams.heartbeatMs);
  const live = deps.streams.open(beat, sendReconnect);
  // The first tells the reader how long to wait for the next.
  live.write(beat);
  // Who has gone before they had an answer has taken no part of its body that could tell.
  ctx.res.once("close", () => live.end("visitor"));
  const context = { ...ctx.state.api, signal: live.signal };
  const follow = await find(deps.api, context, of).catch((error) => {
    live.end("done");
    throw error;
  });
  ctx.set("content-type", "text/event-stream; charset=utf-8");
  ctx.set("x-accel-buffering", "no");
  ctx.body = live.body;
  sendEvents(live, {
    follow,
    seen,
    renderEnd: (ended) => renderEnd(ctx, deps, of, ended),
  }).catch((error: unknown) => {
    if (live.signal.aborted) return;
    const { requestId } = context;
    deps.log.warn({ error, requestId }, "a reply could not be followed");
    sendTrouble(live, toVisibleError(error).message);
    live.end("backend");
  });
}

/** Which reply. */
interface Of {
  id: string;
  number: number;
}

type Told = AsyncIterable<{ event: ReplyEvent }>;

/**
 * How long an answer is waited with, in milliseconds, for the first event: balances one that says
 * why there is none against signs of life, without which the reader takes the connection for lost.
 */
const FIRST_EVENT_MS = 2_000;

/**
 * A reply's events, when the first of them is there or long in coming. Where there is no stream of it, the
 * conversation tells more: the reply is a message, or nobody had begun it, and now it is.
 *
 * @throws NotFoundError if there is no such reply.
 */
async function find(
  api: Api,
  context: ApiContext & { signal: AbortSignal },
  of: Of,
): Promise<Told> {
  const { signal } = context;
  const events = () => followRetried(api, context, of, signal);
  try {
    return await begun(events(), signal);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const known = await readReply(api, context, of);
    return "message" in known ? endOf(api, context, known.message) : events();
  }
}

async function begun<T>(events: AsyncGenerator<T, void>, signal: AbortSignal) {
  const next = events.next();
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  await Promise.race([next, pause(FIRST_EVENT_MS, stop)]);
  enough.abort();
  return (async function* () {
    const first = await next;
    if (!first.done) yield first.value;
    yield* events;
  })();
}

/** All there is to follow of a message, where there is no stream of it. */
async function* endOf(
  api: Api,
  context: ApiContext,
  reply: Reply,
): AsyncGenerator<{ event: ReplyEvent }, void> {
  api.noticeEnd(context);
  yield { event: { kind: "end", ...reply } };
}

/**
 * A reply's events from its beginning to its end. That it failed is its end only if nobody has
 * asked for it again since.
 */
async function* followRetried(
  api: Api,
  context: ApiContext,
  { id, number }: Of,
  signal: AbortSignal,
): AsyncGenerator<{ event: ReplyEvent }, void> {
  let offset: string | undefined;
  for (;;) {
    let hasFailed = false;
    for await (const told of api.watchReply(
      context,
      id,
      number,
      offset,
      signal,
    )) {
      offset = told.offset;
      hasFailed = told.event.kind === "end" && told.event.outcome === "failed";
      yield told;
    }
    if (!hasFailed || signal.aborted) return;
    const { reply } = await api.readConversation(context, id, { limit: 1 });
    if (reply?.number !== number || reply.status !== "writing") return;
  }
}

/** A reply as its conversation has it: in progress or failed, or a message. */
type Known = { reply: ReplyState } | { message: Reply };

async function readReply(
  api: Api,
  context: ApiContext,
  { id, number }: Of,
): Promise<Known> {
  const newest = await api.readConversation(context, id, { limit: 1 });
  if (newest.reply?.number === number) return { reply: newest.reply };
  const isNewest = newest.messages.at(-1)?.number === number;
  const { messages } = isNewest
    ? newest
    : await api.readConversation(context, id, pageOf(number));
  const message = messages.find((one) => one.number === number);
  if (!message || !isReply(message)) throw new NotFoundError("reply");
  return { message };
}

/** The page that has one message. */
const pageOf = (number: number) => ({ limit: 1, before: number + 1 });

/**
 * The finished article, of all that the end says of it. An earlier version of the backend says
 * less; then the conversation is read, if it can be.
 */
async function renderEnd(
  { state }: WebContext,
  { api, messages, now }: RouteDeps,
  of: Of,
  ended: ReplyEnd,
): Promise<string> {
  const { id, number } = of;
  const { at, model, modelName } = ended;
  const said =
    at !== undefined && model !== undefined && modelName !== undefined
      ? { reply: { number, at, model, modelName } }
      : undefined;
  const context = { ...state.api, signal: undefined };
  const known =
    said ?? (await readReply(api, context, of).catch(() => undefined));
  if (known && "message" in known) return messages.render(id, known.message);
  const reply = known?.reply ?? nameless(number, now());
  if (ended.outcome === "failed") {
    const { text, reason } = ended;
    return messages.renderPending(id, {
      ...reply,
      status: "failed",
      text,
      reason,
    });
  }
  const message = messageOf(reply, ended);
  return said
    ? messages.render(id, message)
    : messages.renderUncached(id, message);
}

const nameless = (number: number, nowMs: number) => ({
  number,
  at: new Date(nowMs).toISOString(),
  model: "",
  modelName: "Assistant",
});
