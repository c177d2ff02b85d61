import { Router } from "@koa/router";
import { NotFoundError, toVisibleError } from "../../core/domain/errors";
import {
  isReply,
  type Reply,
  type ReplyEnd,
  type ReplyEvent,
  type ReplyState,
} from "../../core/domain/records";
import { resultWithin } from "../../core/runtime/async";
import type { Api, ApiContext } from "../backend-client/api";
import { messageOf, type MessageRenderer } from "../pages/message-renderer";
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

/** The events of a reply, and actions on it. */
export function replyRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>({
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
function backTo(ctx: WebContext, conversation: string): void {
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
  const live = deps.streams.open(beat, sendReconnect);
  // The first tells the client when to expect the next.
  live.write(beat);
  // If the client disconnects before the headers are sent, the body never closes.
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

interface ReplyId {
  id: string;
  number: number;
}

type Told = AsyncIterable<{ event: ReplyEvent }>;

/**
 * The response is delayed this long for the first event. Longer allows a proper error status; shorter
 * sends heartbeats before the client gives up.
 */
const FIRST_EVENT_MS = 2_000;

/**
 * A reply's events, once the first has arrived or is late. If there is no stream, the conversation is
 * read: either the reply is a message, or reading it has started the reply.
 *
 * @throws NotFoundError if there is no such reply.
 */
async function find(
  api: Api,
  context: ApiContext & { signal: AbortSignal },
  of: ReplyId,
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
  await resultWithin(next, FIRST_EVENT_MS, signal);
  return (async function* () {
    const first = await next;
    if (!first.done) yield first.value;
    yield* events;
  })();
}

/** The events of a message that has no stream. */
async function* endOf(
  api: Api,
  context: ApiContext,
  reply: Reply,
): AsyncGenerator<{ event: ReplyEvent }, void> {
  api.noticeEnd(context);
  yield { event: { kind: "end", ...reply } };
}

/** A reply's events to its end. After a failure they continue if the reply was retried meanwhile. */
async function* followRetried(
  api: Api,
  context: ApiContext,
  { id, number }: ReplyId,
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

/** A reply in progress, a failed reply, or a message. */
type Known = { reply: ReplyState } | { message: Reply };

async function readReply(
  api: Api,
  context: ApiContext,
  { id, number }: ReplyId,
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

const pageOf = (number: number) => ({ limit: 1, before: number + 1 });

/** The finished article. */
async function renderEnd(
  { state }: WebContext,
  { api, messages, now }: RouteDeps,
  of: ReplyId,
  ended: ReplyEnd,
): Promise<string> {
  const { id, number } = of;
  const described = descriptionIn(number, ended);
  if (described) return renderReply(messages, id, described, ended, true);
  // An earlier version of the backend says less: the conversation has the rest.
  const context = { ...state.api, signal: undefined };
  const known = await readReply(api, context, of).catch(() => undefined);
  if (known && "message" in known) return messages.render(id, known.message);
  const reply = known?.reply ?? nameless(number, now());
  return renderReply(messages, id, reply, ended, false);
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
  id: string,
  reply: Description,
  ended: ReplyEnd,
  isFinal: boolean,
): string {
  const { outcome, text, reason } = ended;
  if (outcome === "failed") {
    return messages.renderPending(id, {
      ...reply,
      status: outcome,
      text,
      reason,
    });
  }
  const message = messageOf(reply, ended);
  return isFinal
    ? messages.render(id, message)
    : messages.renderUncached(id, message);
}

const nameless = (number: number, nowMs: number) => ({
  number,
  at: new Date(nowMs).toISOString(),
  model: "",
  modelName: "Assistant",
});
