import type { Logger } from "../../core/runtime/log";
import type { ApiContext, FollowedEvent } from "./api";
import { contextHeaders } from "./api-client";
import { followReply } from "./follow-reply";
import type { Transport } from "./transport";

export interface WatchOptions {
  transport: Transport;
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
  const { transport, host, path, log, context, offset, signal } = options;
  const { requestId } = context;
  return followReply({
    offset,
    signal,
    open: (query, stopped) =>
      transport.openStream(
        `${path}${query}`,
        { ...contextHeaders(context, host), accept: "text/event-stream" },
        stopped,
      ),
    onLost: (error) =>
      log.info({ error, requestId }, "the stream of a reply was lost"),
  });
}
