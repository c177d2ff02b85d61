import type { Logger } from "../../core/runtime/log";
import type { Tokens } from "../../core/config/tokens";
import type { ApiContext, FollowedEvent } from "./api";
import { contextHeaders } from "./api-client";
import { followReply, type StreamAnswer } from "./follow-reply";
import type { Transport } from "./transport";

export interface WatchOptions {
  transport: Transport;
  tokens: Tokens;
  host: string;
  log: Logger;
  context: ApiContext;
  /** The reply's address. */
  path: string;
  /** What to go on after; `undefined` for the beginning. */
  offset: string | undefined;
  signal: AbortSignal;
}

/** A reply's events to its end, from whichever backends there are. */
export function watchReply(
  options: WatchOptions,
): AsyncGenerator<FollowedEvent, void> {
  const { log, context, offset, signal } = options;
  const { requestId } = context;
  return followReply({
    offset,
    signal,
    open: (query, stopped) => openStream(options, query, stopped),
    onLost: (error) =>
      log.info({ error, requestId }, "the stream of a reply was lost"),
  });
}

async function openStream(
  options: WatchOptions,
  query: string,
  signal: AbortSignal,
): Promise<StreamAnswer> {
  const { transport, tokens, host, context, path } = options;
  const { backend, settle } = await transport.pick();
  let found: "up" | "down" = "down";
  try {
    const [token = ""] = await tokens.current();
    const { statusCode, body } = await backend.streamDispatcher().request({
      method: "GET",
      path: `${path}${query}`,
      headers: {
        ...contextHeaders(context, host),
        accept: "text/event-stream",
        authorization: `Bearer ${token}`,
      },
      signal,
    });
    if (statusCode < 500) found = "up";
    if (statusCode === 401) await tokens.renewed();
    // What is let go of without being read to its end is no fault.
    body.on("error", () => undefined);
    return { status: statusCode, body };
  } finally {
    // Who went away before there was an answer has learned nothing of the backend.
    settle(found === "down" && signal.aborted ? "unknown" : found);
  }
}
