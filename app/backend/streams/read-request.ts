import type { Context } from "koa";
import { VisibleError } from "../../core/domain/errors";
import { logStart, parseOffset, type Offset } from "../replies/log/offset";

export interface ReadRequest {
  /** `now` is the stream's current end. */
  from: Offset | "now";
  live: "long-poll" | "sse" | undefined;
  cursor: string | undefined;
  /** Keepsake's extension: live reads include messages that are not committed. */
  isUncommitted: boolean;
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
      "Live reads need an offset: that of an earlier response, -1 or now.",
    );
  }
  if (Array.isArray(offset)) {
    throw new VisibleError(400, "Give one offset.");
  }
  if (ahead !== undefined && ahead !== "true") {
    throw new VisibleError(400, "ahead must be true or absent.");
  }
  return {
    from: toOffset(offset),
    live,
    cursor: typeof cursor === "string" ? cursor : undefined,
    isUncommitted: ahead === "true",
  };
}

function toOffset(offset: string | undefined): Offset | "now" {
  if (offset === undefined || offset === "-1") return logStart;
  return offset === "now" ? "now" : parseOffset(offset);
}

const INTERVAL_MS = 20_000;
const PROTOCOL_EPOCH_MS = Date.UTC(2024, 9, 9);
const MAX_JITTER_SECONDS = 3_600;

/**
 * The cursor of a live response, which keeps caches from repeating an old response.
 *
 * @param sent The client's cursor; the result is always later.
 */
export function nextCursor(sent: string | undefined): string {
  const now = Math.floor((Date.now() - PROTOCOL_EPOCH_MS) / INTERVAL_MS);
  const last = /^\d{1,15}$/.test(sent ?? "") ? Number(sent) : -1;
  if (last < now) return String(now);
  const seconds = 1 + Math.floor(Math.random() * MAX_JITTER_SECONDS);
  return String(last + Math.max(1, Math.floor(seconds / 20)));
}
