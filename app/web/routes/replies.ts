import { Router } from "@koa/router";
import { NotFoundError, toVisibleError } from "../../shared/errors";
import type { Message, ReplyEvent, ReplyState } from "../../shared/records";
import type { Api, ApiContext } from "../api/Api";
import { messageOf } from "../chat/Articles";
import { messageKey } from "../chat/readMessage";
import type { WebContext, WebState } from "../middleware/WebContext";
import { heartbeat } from "../streaming/encodeEvent";
import {
  sendEvents,
  sendReconnect,
  sendTrouble,
} from "../streaming/eventStream";
import { parseSeen, type Ended } from "../streaming/ReplyView";
import type { RouteDeps } from "./Deps";
import { idOf, replyNumberOf } from "./params";
import { seeOther } from "./renderPage";

/** A reply in progress: its events, and what can be done with it. */
export function replyRoutes(deps: RouteDeps): Router<WebState> {
  const router = new Router<WebState>({
    prefix: "/conversations/:id/replies/:number",
  });
  router.get("/events", (ctx) => openEvents(ctx, deps));
  router.post("/stop", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.stopReply(ctx.state.api, id, replyNumberOf(ctx));
    seeOther(ctx, `/conversations/${id}`);
  });
  router.post("/retry", async (ctx) => {
    const id = idOf(ctx, "conversation");
    await deps.api.retryReply(ctx.state.api, id, replyNumberOf(ctx));
    seeOther(ctx, `/conversations/${id}`);
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

async function openEvents(ctx: WebContext, deps: RouteDeps): Promise<void> {
  const id = idOf(ctx, "conversation");
  const number = replyNumberOf(ctx);
  const known = await readReply(ctx, deps, id, number);
  const beat = heartbeat(deps.streams.heartbeatMs);
  const live = deps.streams.open(beat, sendReconnect);
  // The first tells the reader how long to wait for the next.
  live.write(beat);
  ctx.set("content-type", "text/event-stream; charset=utf-8");
  ctx.set("x-accel-buffering", "no");
  ctx.body = live.body;
  const context = { ...ctx.state.api, signal: live.signal };
  const seen = parseSeen(
    ctx.get("last-event-id") || String(ctx.query.offset ?? ""),
  );
  const follow =
    "message" in known && !seen
      ? endOf(deps.api, context, known.message)
      : followRetried(deps.api, context, id, number, live.signal);
  sendEvents(live, {
    follow,
    seen,
    renderEnd: (ended) => renderEnd(ctx, deps, { id, number, known, ended }),
  }).catch((error: unknown) => {
    if (live.signal.aborted) return;
    const { requestId } = context;
    deps.log.warn({ error, requestId }, "a reply could not be followed");
    sendTrouble(live, toVisibleError(error).message);
    live.end("backend");
  });
}

/** All there is to follow of a message, for one who has seen nothing of it: no stream is needed. */
async function* endOf(
  api: Api,
  context: ApiContext,
  { outcome = "complete", text, reason }: Message,
): AsyncGenerator<{ event: ReplyEvent }, void> {
  api.noticeEnd(context);
  yield { event: { kind: "end", outcome, text, reason } };
}

/**
 * A reply's events from its beginning to its end. That it failed is its end only if nobody has
 * asked for it again since.
 */
async function* followRetried(
  api: Api,
  context: ApiContext,
  id: string,
  number: number,
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

/** What is known of a reply when a stream of it opens: that it is being written, or a message. */
type Known = { writing: ReplyState } | { message: Message };

async function readReply(
  { state }: WebContext,
  { api }: RouteDeps,
  id: string,
  number: number,
): Promise<Known> {
  const newest = await api.readConversation(state.api, id, { limit: 1 });
  if (newest.reply?.number === number) return { writing: newest.reply };
  const isNewest = newest.messages.at(-1)?.number === number;
  const { messages } = isNewest
    ? newest
    : await api.readConversation(state.api, id, pageOf(number));
  const message = messages.find((one) => one.number === number);
  if (!message) throw new NotFoundError("reply");
  return { message };
}

/** The page that has one message. */
const pageOf = (number: number) => ({ limit: 1, before: number + 1 });

/**
 * The finished article: of the message, where that is known, or of all that the end says of it.
 * An earlier version of the backend says less; then the message is read, if it is there already.
 */
async function renderEnd(
  { state }: WebContext,
  { api, articles }: RouteDeps,
  of: { id: string; number: number; known: Known; ended: Ended },
): Promise<string> {
  const { id, number, known, ended } = of;
  if ("message" in known) return articles.ofMessage(id, known.message);
  if (ended.outcome === "failed") {
    const { text, reason } = ended;
    const failed = {
      ...known.writing,
      status: "failed" as const,
      text,
      reason,
    };
    return articles.ofReply(id, failed);
  }
  const { at, model } = ended;
  if (at !== undefined && model === known.writing.model) {
    return articles.ofMessage(id, messageOf(known.writing, ended));
  }
  const page = await api
    .readConversation({ ...state.api, signal: undefined }, id, pageOf(number))
    .catch(() => undefined);
  const message = page?.messages.find((one) => one.number === number);
  return message
    ? articles.ofMessage(id, message)
    : articles.ofUnsaved(messageOf(known.writing, ended));
}
