import type Router from "@koa/router";
import { NotFoundError } from "../../core/domain/errors";
import type { ConnectionRegistry } from "../../core/runtime/connection-registry";
import { idPattern } from "../../core/domain/records";
import type { ReplyService } from "../replies/reply-service";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { replySource } from "../streams/reply-source";
import { serveStream } from "../streams/serve-stream";

export interface ReplyStreamRoutes {
  replies: ReplyService;
  /** Told to go elsewhere when the process drains. */
  streams: ConnectionRegistry;
  /** @throws NotFoundError if the owner has no such reply. */
  refOf(
    this: void,
    ownerHash: string,
    conversation: string,
    number: number,
  ): Promise<ReplyRef>;
  /** How often a silent stream gives a sign of life, in milliseconds. */
  heartbeatMs?: number;
}

/** Below every proxy's idle time-out, and short enough to notice a process that has frozen. */
const HEARTBEAT_MS = 2_000;
/** Below the time-outs of clients and proxies. */
const LONG_POLL_MS = 15_000;
/** As the protocol recommends; varied, so that readers don't come back all at once. */
const EVENTS_MS = 60_000;

/** Replies as streams by the Durable Streams protocol: `GET` and `HEAD`. */
export function serveReplyStreams<State extends { ownerHash: string }>(
  router: Router<State>,
  { replies, streams, refOf, heartbeatMs = HEARTBEAT_MS }: ReplyStreamRoutes,
): void {
  router.get("/v1/conversations/:id/replies/:number", async (ctx) => {
    const { id = "", number = "" } = ctx.params;
    // Both become names on disk.
    if (!idPattern.test(id) || !/^[1-9]\d{0,8}$/.test(number)) {
      throw new NotFoundError("reply");
    }
    const ref = await refOf(ctx.state.ownerHash, id, Number(number));
    await serveStream(ctx, replySource(replies, ref), {
      heartbeatMs,
      longPollMs: LONG_POLL_MS,
      eventsMs: EVENTS_MS * (0.9 + 0.2 * Math.random()),
      leave: (controller) => streams.add(() => controller.abort()),
    });
  });
}
