import type Router from "@koa/router";
import { NotFoundError } from "../../core/domain/errors";
import type { ConnectionRegistry } from "../../core/runtime/connection-registry";
import { idPattern } from "../../core/domain/records";
import type { ReplyService } from "../replies/reply-service";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { createReplyStream } from "../streams/reply-stream";
import { serveStream } from "../streams/serve-stream";

export interface ReplyStreamDeps {
  replies: ReplyService;
  /** The streams to end when the process drains. */
  streams: ConnectionRegistry;
  /** @throws NotFoundError if the owner has no such reply. */
  refOf(
    this: void,
    ownerHash: string,
    conversation: string,
    number: number,
  ): Promise<ReplyRef>;
  heartbeatMs?: number;
}

/** Below the idle time-out of every proxy, and short enough to detect a frozen process. */
const HEARTBEAT_MS = 2_000;
/** Below the time-outs of clients and proxies. */
const LONG_POLL_MS = 15_000;
/** As the protocol recommends; jittered, so that clients do not reconnect all at once. */
const EVENTS_MS = 60_000;

/** Serves replies as streams by the Durable Streams protocol. */
export function serveReplyStreams<State extends { ownerHash: string }>(
  router: Router<State>,
  { replies, streams, refOf, heartbeatMs = HEARTBEAT_MS }: ReplyStreamDeps,
): void {
  router.get("/v1/conversations/:id/replies/:number", async (ctx) => {
    const { id = "", number = "" } = ctx.params;
    // Both become file names.
    if (!idPattern.test(id) || !/^[1-9]\d{0,8}$/.test(number)) {
      throw new NotFoundError("reply");
    }
    const ref = await refOf(ctx.state.ownerHash, id, Number(number));
    await serveStream(ctx, createReplyStream(replies, ref), {
      heartbeatMs,
      longPollMs: LONG_POLL_MS,
      eventsMs: EVENTS_MS * (0.9 + 0.2 * Math.random()),
      abortOnDrain: (controller) => streams.add(() => controller.abort()),
    });
  });
}
