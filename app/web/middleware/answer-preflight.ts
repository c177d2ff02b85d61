import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Context, Middleware } from "koa";
import {
  bearer,
  isKnown,
  probeToken,
  type Tokens,
} from "../../core/config/tokens";

/** Ends forgotten probes; longer than any idle time-out that would be too short. */
const QUIET_SECONDS_MAX = 60;
/** Enough to detect a proxy that buffers. */
const EVENTS = 10;
const EVENT_EVERY_MS = 200;

export interface ProbeOptions {
  /** Requests must carry the {@link probeToken} of one of them; all others get 404. */
  tokens: Tokens;
  /** The name under which this pod shows itself. */
  host: string;
  drainSeconds: number;
  /** Seconds between two heartbeats of an event stream. */
  heartbeatSeconds: number;
}

/**
 * Answers preflight through the ingress. `GET /preflight` names the pod. `GET
 * /preflight/stream?quiet=15` is an event stream with a gap of so many seconds.
 */
export function answerProbes(options: ProbeOptions): Middleware {
  return async (ctx, next) => {
    const answer = answers[ctx.path];
    const token = bearer(ctx.get("authorization"));
    if (
      !answer ||
      ctx.method !== "GET" ||
      !(await isKnown(options.tokens, token, probeToken))
    ) {
      await next();
      return;
    }
    ctx.set("cache-control", "no-store");
    answer(ctx, options);
  };
}

const answers: Record<
  string,
  ((ctx: Context, options: ProbeOptions) => void) | undefined
> = {
  "/preflight": (ctx, { host, drainSeconds, heartbeatSeconds }) => {
    ctx.body = { host, drainSeconds, heartbeatSeconds, now: Date.now() };
  },
  "/preflight/stream": streamTo,
};

function streamTo(ctx: Context): void {
  const asked = Number(ctx.query.quiet ?? 0);
  const quietSeconds = Math.min(QUIET_SECONDS_MAX, Math.max(0, asked || 0));
  ctx.type = "text/event-stream";
  ctx.body = Readable.from(events(quietSeconds * 1000));
}

async function* events(quietMs: number): AsyncGenerator<string> {
  for (let event = 0; event < EVENTS; event += 1) {
    yield `data: {"event":${event}}\n\n`;
    await wait(EVENT_EVERY_MS);
  }
  await wait(quietMs);
  yield 'data: {"event":"last"}\n\n';
}
