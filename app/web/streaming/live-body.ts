import { PassThrough } from "node:stream";
import type { Loss } from "../../core/runtime/metric-definitions";

/** A reader whose connection took nothing for so long has gone, whatever TCP believes. */
const STALLED_MS = 60_000;

/** Why a stream ended. All but `done` are losses, from the reader's point of view. */
export type EndCause = "done" | Loss;

/**
 * A body that is written over time: keeps the connection alive, notices a reader who has left or
 * takes nothing, and can be told to end early.
 */
export class LiveBody {
  readonly body = new PassThrough();
  cause: EndCause | undefined;
  readonly #ended = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #blockedSince: number | undefined;

  /** @param heartbeat What is sent every so many milliseconds, and means nothing. */
  constructor(heartbeat: string, everyMs: number) {
    this.#heartbeat = setInterval(() => this.#beat(heartbeat), everyMs);
    this.#heartbeat.unref();
    this.body.on("drain", () => {
      this.#blockedSince = undefined;
    });
    this.body.once("close", () => this.end("visitor"));
    this.body.on("error", () => this.end("visitor"));
  }

  /** Aborts when the stream has ended, for whatever reason. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether the reader has not yet taken what was written: then write the newest state later. */
  get isBlocked(): boolean {
    return this.#blockedSince !== undefined;
  }

  write(text: string): void {
    if (this.signal.aborted) return;
    if (!this.body.write(text)) this.#blockedSince ??= performance.now();
  }

  /** Resolves when the reader can take more, or the stream has ended. */
  async writable(): Promise<void> {
    if (!this.isBlocked || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.body.off("drain", done);
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      this.body.once("drain", done);
      this.signal.addEventListener("abort", done);
    });
  }

  end(cause: EndCause): void {
    if (this.signal.aborted) return;
    this.cause = cause;
    clearInterval(this.#heartbeat);
    if (cause === "stalled") this.body.destroy();
    else this.body.end();
    this.#ended.abort();
  }

  #beat(heartbeat: string): void {
    if (this.#blockedSince === undefined) this.write(heartbeat);
    else if (performance.now() - this.#blockedSince > STALLED_MS) {
      this.end("stalled");
    }
  }
}
