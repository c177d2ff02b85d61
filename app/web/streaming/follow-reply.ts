import { NotFoundError } from "../../core/domain/errors";
import {
  isReply,
  type Reply,
  type ReplyEvent,
  type ReplyState,
} from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import type { Api, ApiContext } from "../backend-client/api";
import type { LiveReplies } from "./live-replies";
import type { LiveReply } from "./live-reply";

export interface ReplyId {
  id: string;
  number: number;
}

/** Joins the watchers of a reply until the signal aborts. */
export function joinReply(
  { api, liveReplies }: { api: Api; liveReplies: LiveReplies },
  { api: context, locale }: { api: ApiContext; locale: Locale },
  of: ReplyId,
  signal: AbortSignal,
): LiveReply {
  const { owner } = context;
  const key = { owner, conversation: of.id, number: of.number, locale };
  return liveReplies.join(
    key,
    (stopped) => followReply(api, { ...context, signal: stopped }, of, stopped),
    signal,
  );
}

/**
 * A reply's events. If there is no stream, the conversation is read: either the reply is a message, or
 * reading it has started the reply.
 *
 * @throws NotFoundError if there is no such reply.
 */
async function* followReply(
  api: Api,
  context: ApiContext,
  of: ReplyId,
  signal: AbortSignal,
): AsyncGenerator<{ event: ReplyEvent }, void> {
  let hasBegun = false;
  try {
    for await (const told of followRetried(api, context, of, signal)) {
      hasBegun = true;
      yield told;
    }
    return;
  } catch (error) {
    if (hasBegun || !(error instanceof NotFoundError)) throw error;
  }
  const known = await readReply(api, context, of);
  if ("message" in known) yield { event: { kind: "end", ...known.message } };
  else yield* followRetried(api, context, of, signal);
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
type KnownReply = { reply: ReplyState } | { message: Reply };

export async function readReply(
  api: Api,
  context: ApiContext,
  { id, number }: ReplyId,
): Promise<KnownReply> {
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
