import type { Context } from "koa";
import { VisibleError } from "../../core/domain/errors";
import { parseOffset, logStart, type Offset } from "../replies/log/offset";

/** What a reader asks for. */
export interface ReadRequest {
  /** `now` is the stream's end, wherever that is. */
  from: Offset | "now";
  live: "long-poll" | "sse" | undefined;
  cursor: string | undefined;
  /**
   * Keepsake's own: also what doesn't stand for ever yet is wanted. Should it be dropped, its
   * offset is answered with what came in its place.
   */
  ahead: boolean;
}

/** @throws VisibleError (400) */
export function readRequest({ query }: Pick<Context, "query">): ReadRequest {
  const { offset, live, cursor, ahead } = query;
  if (live !== undefined && live !== "long-poll" && live !== "sse") {
    throw new VisibleError(400, "live must be long-poll or sse.");
  }
  if (live !== undefined && offset === undefined) {
    throw new VisibleError(
      400,
      "Live reads need an offset: that of an earlier answer, -1 or now.",
    );
  }
  if (Array.isArray(offset)) {
    throw new VisibleError(400, "Give one offset.");
  }
  if (ahead !== undefined && ahead !== "true") {
    throw new VisibleError(400, "ahead must be true, or not be there.");
  }
  return {
    from: toPlace(offset),
    live,
    cursor: typeof cursor === "string" ? cursor : undefined,
    ahead: ahead === "true",
  };
}

function toPlace(offset: string | undefined): Offset | "now" {
  if (offset === undefined || offset === "-1") return logStart;
  return offset === "now" ? "now" : parseOffset(offset);
}
