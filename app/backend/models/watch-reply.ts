import { ModelError, type ModelEvent } from "./model";
import type { ModelTimeouts } from "./model-settings";

/**
 * Gives a reply's events on, and ends it when it makes the visitor wait too long: the request is
 * then cancelled upstream.
 *
 * @param begin Asks the model; the reply must end when its signal is aborted.
 * @throws ModelError (`timed-out`), the signal's reason, or what the reply throws.
 */
export async function* watchReply(
  begin: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  timeouts: Pick<ModelTimeouts, "firstTokenMs" | "betweenTokensMs">,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const interruption = new Interruption(controller);
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  let patience = firstToken(timeouts.firstTokenMs);
  const reply = begin(controller.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      controller.signal.throwIfAborted();
      const next = await interruption.within(patience, reply.next());
      if (next.done === true) return;
      patience = patienceAfter(next.value, patience, timeouts);
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Whoever leaves early lets go upstream too; after a reply's own end this does nothing.
    controller.abort(new Error("The reply is no longer wanted."));
    reply.return?.().catch(() => {});
  }
}

interface Patience {
  ms: number;
  /** What the error says when it has run out. */
  error(ms: number): ModelError;
}

const firstToken = (ms: number): Patience => ({
  ms,
  error: (waited) =>
    new ModelError(
      "timed-out",
      "The model did not begin to answer in time. It may be busy or still loading: try again in a minute, or choose another model.",
      `No token within ${seconds(waited)}. If the model needs longer to load, raise MODEL_FIRST_TOKEN_SECONDS.`,
    ),
});

const betweenTokens = (ms: number): Patience => ({
  ms,
  error: (waited) =>
    new ModelError(
      "timed-out",
      "The model stopped in the middle of its answer. Try again, or choose another model.",
      `No token for ${seconds(waited)} in the middle of a reply. If that is usual for this model, raise MODEL_BETWEEN_TOKENS_SECONDS.`,
    ),
});

const seconds = (ms: number) => `${ms / 1_000} s`;

function patienceAfter(
  event: ModelEvent,
  before: Patience,
  timeouts: Pick<ModelTimeouts, "firstTokenMs" | "betweenTokensMs">,
): Patience {
  if (event.kind === "waiting") {
    return firstToken(timeouts.firstTokenMs + event.ms);
  }
  if (event.kind === "text" || event.kind === "reasoning") {
    return betweenTokens(timeouts.betweenTokensMs);
  }
  return before;
}

const nothing = () => undefined;

/** Listens to a signal once for a whole reply: a reply has many events. */
class Interruption {
  private giveUp: (reason: Error) => void = nothing;

  constructor(private readonly controller: AbortController) {
    const { signal } = controller;
    const stop = () => this.giveUp(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  }

  /** Waits for an event no longer than patience lasts, even if the reply ignores its signal. */
  within<T>(patience: Patience, next: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.controller.abort(patience.error(patience.ms)),
        patience.ms,
      );
      const settle = <A>(end: (result: A) => void) => {
        return (result: A) => {
          clearTimeout(timer);
          end(result);
        };
      };
      this.giveUp = settle(reject);
      next.then(settle(resolve), settle(reject));
    });
  }
}
