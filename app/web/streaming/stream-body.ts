import { PassThrough } from "node:stream";
import type { Loss } from "../../core/runtime/metric-definitions";

/** A client that accepts no data for this long is gone, whatever TCP reports. */
const STALLED_MS = 60_000;

/** Why a stream ended. All but `done` are losses to the client. */
export type EndCause = "done" | Loss;

/**
 * A response body that is written over time. Sends heartbeats, and ends when the client disconnects
 * or stalls.
 */
export class StreamBody {
  readonly body = new PassThrough();
  cause: EndCause | undefined;
  readonly #ended = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #blockedSince: number | undefined;

  /** @param heartbeat Sent every `everyMs` milliseconds. */
  constructor(heartbeat: string, everyMs: number) {
    this.#heartbeat = setInterval(() => this.#beat(heartbeat), everyMs);
    this.#heartbeat.unref();
    this.body.on("drain", () => {
      this.#blockedSince = undefined;
    });
    this.body.once("close", () => this.end("visitor"));
    this.body.on("error", () => this.end("visitor"));
  }

  /** Aborts when the stream has ended. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** True while the client has data to accept: backpressure. */
  get isBlocked(): boolean {
    return this.#blockedSince !== undefined;
  }

  write(text: string | Buffer): void {
    if (this.signal.aborted) return;
    if (!this.body.write(text)) this.#blockedSince ??= performance.now();
  }

  /** Resolves when the client can accept more, or the stream has ended. */
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
