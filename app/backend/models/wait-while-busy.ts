import { english } from "../../core/texts/locale";
import { abortable, pause } from "../../core/runtime/async";
import { ModelError, type ModelEvent } from "./model";

/** The waits if a busy provider names none. */
const DEFAULT_WAITS_MS = [2_000, 5_000, 10_000, 20_000];

/**
 * Retries while a model is busy, and tells the visitor. Never retries a reply that has begun. Ends
 * with the signal, even if a request ignores it.
 *
 * @param ask Sends the request once.
 * @param busyMs The longest wait, in total, before the error is passed on.
 */
export const waitWhileBusy = (
  ask: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  busyMs: number,
  signal: AbortSignal,
): AsyncIterable<ModelEvent> =>
  abortable((inner) => retry(() => ask(inner), busyMs, inner), signal);

async function* retry(
  ask: () => AsyncIterable<ModelEvent>,
  busyMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  let waitedMs = 0;
  for (let attempt = 0; ; attempt++) {
    const begun = { value: false };
    try {
      yield* marking(ask(), begun);
      return;
    } catch (error) {
      if (begun.value) throw error;
      const ms = waitFor(error, attempt);
      if (ms === undefined) throw error;
      if (waitedMs + ms > busyMs) throw withWait(error, ms);
      waitedMs += ms;
      yield { kind: "waiting", ms, message: waitingMessage(ms) };
      await pause(ms, signal);
      signal.throwIfAborted();
    }
  }
}

async function* marking(
  events: AsyncIterable<ModelEvent>,
  begun: { value: boolean },
): AsyncGenerator<ModelEvent> {
  for await (const event of events) {
    begun.value = true;
    yield event;
  }
}

function waitFor(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ModelError)) return undefined;
  if (error.retryAfterMs === undefined) return undefined;
  return error.retryAfterMs > 0
    ? error.retryAfterMs
    : DEFAULT_WAITS_MS[Math.min(attempt, DEFAULT_WAITS_MS.length - 1)];
}

/** The same error, with the time of the next attempt. */
function withWait(error: unknown, ms: number): unknown {
  if (!(error instanceof ModelError)) return error;
  return new ModelError(
    error.reason,
    english.t("reason.asksToWait", {
      message: error.message,
      time: inWords(ms),
    }),
    error.forOperator,
    { cause: error.cause, retryAfterMs: ms },
  );
}

function waitingMessage(ms: number): string {
  return english.t("reason.busy", { time: inWords(ms) });
}

function inWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds === 1) return english.t("reason.second");
  if (seconds < 120) return english.t("reason.seconds", { count: seconds });
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120
    ? english.t("reason.minutes", { count: minutes })
    : english.t("reason.hours", { count: Math.ceil(minutes / 60) });
}
