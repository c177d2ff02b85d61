import { leave } from "../../../core/runtime/async";
import type { ModelEvent } from "../../models/model";
import type { ReplyContext } from "../reply-context";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { ReplyPrompt } from "../types";

/**
 * A request to the model that begins once the first epoch is this process's, while that is being flushed.
 * Its events are read when the writer asks for them.
 */
export class EarlyRequest {
  readonly askedAt: number;
  private readonly controller = new AbortController();
  private readonly asked: Promise<
    | {
        prompt: ReplyPrompt;
        events: AsyncIterable<ModelEvent>;
        end: () => void;
      }
    | undefined
  >;

  constructor(
    private readonly context: Pick<
      ReplyContext,
      "repository" | "models" | "now"
    >,
    ref: ReplyRef,
  ) {
    this.askedAt = context.now();
    // The writer reads the prompt again, and reports why that fails.
    this.asked = this.ask(ref).catch(() => undefined);
  }

  /** The prompt that was sent; `undefined` if it could not be read. */
  async prompt(): Promise<ReplyPrompt | undefined> {
    return (await this.asked)?.prompt;
  }

  /** The model's events. Can be read once. */
  async *events(signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const stop = () => this.cancel();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      const asked = await this.asked;
      if (asked) yield* asked.events;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Ends the request; also after it has ended. */
  cancel(): void {
    this.controller.abort(new Error("The reply is not written here."));
    // A request whose events are not read does not notice an abort after its first event.
    void this.asked.then((asked) => asked?.end());
  }

  private async ask(ref: ReplyRef) {
    const { repository, models } = this.context;
    const prompt = await repository.promptFor(ref);
    const { signal } = this.controller;
    signal.throwIfAborted();
    const { model, messages, maxTokens, temperature, attempt } = prompt;
    const options = { maxTokens, temperature, attempt };
    const events = models.streamReply(model, messages, options, signal);
    return { prompt, ...begun(events) };
  }
}

/** Asks for the first event at once. */
function begun<T>(source: AsyncIterable<T>): {
  events: AsyncIterable<T>;
  /** Lets the source clean up; also if its events were never read. */
  end: () => void;
} {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  // The reader of the events gets the error.
  first.catch(() => undefined);
  const events = (async function* () {
    try {
      for (let step = await first; step.done !== true;) {
        yield step.value;
        step = await iterator.next();
      }
    } finally {
      await iterator.return?.();
    }
  })();
  return { events, end: () => leave(iterator) };
}
