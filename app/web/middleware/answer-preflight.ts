import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Context, Middleware } from "koa";
import {
  bearer,
  isKnown,
  probeToken,
  type Tokens,
} from "../../core/config/tokens";

/** So that a probe that was forgotten ends: above any idle time-out that is too short for us. */
const QUIET_SECONDS_MAX = 60;
/** Enough for a proxy that holds back to be told from one that doesn't. */
const EVENTS = 10;
const EVENT_EVERY_MS = 200;

export interface ProbeProps {
  /** Who shows what {@link probeToken} makes of one may probe; for all others nothing is here. */
  tokens: Tokens;
  /** The name under which this pod shows itself. */
  host: string;
  drainSeconds: number;
  /** Seconds between two heartbeats of an event stream. */
  heartbeatSeconds: number;
}

/**
 * What preflight asks a web pod through the ingress: `GET /preflight` says which pod answers,
 * `GET /preflight/stream?quiet=15` is an event stream that speaks, is silent for so many seconds,
 * and speaks again.
 */
export function answerProbes(props: ProbeProps): Middleware {
  return async (ctx, next) => {
    const answer = answers[ctx.path];
    const given = bearer(ctx.get("authorization"));
    if (
      !answer ||
      ctx.method !== "GET" ||
      !(await isKnown(props.tokens, given, probeToken))
    ) {
      await next();
      return;
    }
    ctx.set("cache-control", "no-store");
    answer(ctx, props);
  };
}

const answers: Record<
  string,
  ((ctx: Context, props: ProbeProps) => void) | undefined
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
