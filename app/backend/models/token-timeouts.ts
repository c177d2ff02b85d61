import { english } from "../../core/texts/locale";
import { abortable } from "../../core/runtime/async";
import { ModelError, type ModelEvent } from "./model";
import type { ModelTimeouts } from "./provider-settings";

type TokenTimeouts = Pick<ModelTimeouts, "firstTokenMs" | "betweenTokensMs">;

/**
 * Passes on a reply's events. If the model is silent for too long, cancels the request upstream.
 *
 * @param begin Sends the request; its signal cancels it.
 * @throws ModelError (`timed-out`), the signal's reason, or the reply's own error.
 */
export async function* withTokenTimeouts(
  begin: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  timeouts: TokenTimeouts,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const timeout = new AbortController();
  const reply = abortable(begin, AbortSignal.any([signal, timeout.signal]));
  let limit = firstToken(timeouts.firstTokenMs);
  try {
    for (;;) {
      const { ms, error } = limit;
      const timer = setTimeout(() => timeout.abort(error(ms)), ms);
      const next = await reply.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      limit = limitAfter(next.value, limit, timeouts);
      yield next.value;
    }
  } finally {
    await reply.return();
  }
}

interface Limit {
  ms: number;
  error: (ms: number) => ModelError;
}

const firstToken = (ms: number): Limit => ({
  ms,
  error: (waited) =>
    new ModelError(
      "timed-out",
      english.t("reason.noFirstToken"),
      `No token within ${seconds(waited)}. If the model needs longer to load, raise MODEL_FIRST_TOKEN_SECONDS.`,
    ),
});

const betweenTokens = (ms: number): Limit => ({
  ms,
  error: (waited) =>
    new ModelError(
      "timed-out",
      english.t("reason.stalled"),
      `No token for ${seconds(waited)} in the middle of a reply. If that is usual for this model, raise MODEL_BETWEEN_TOKENS_SECONDS.`,
    ),
});

const seconds = (ms: number) => `${ms / 1_000} s`;

function limitAfter(
  event: ModelEvent,
  before: Limit,
  timeouts: TokenTimeouts,
): Limit {
  if (event.kind === "waiting") {
    return firstToken(timeouts.firstTokenMs + event.ms);
  }
  if (event.kind === "text" || event.kind === "reasoning") {
    return betweenTokens(timeouts.betweenTokensMs);
  }
  return before;
}
