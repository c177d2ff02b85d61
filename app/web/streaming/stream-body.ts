import type { ServerResponse } from "node:http";
import { NOT_NEEDED } from "../../core/runtime/async";
import type { Loss } from "../../core/runtime/metric-definitions";

/** A client that accepts no data for this long is gone, whatever TCP reports. */
const STALLED_MS = 60_000;

/** Why a stream ended. All but `done` are losses to the client. */
export type EndCause = "done" | Loss;

/**
 * A response body that is written over time. Sends heartbeats, and ends when the client disconnects
 * or stalls. Writes to the response itself: a stream between them would double the memory.
 */
export class StreamBody {
  cause: EndCause | undefined;
  readonly #response: ServerResponse;
  /** Written before the response's headers were complete. */
  #early: (string | Buffer)[] | undefined = [];
  readonly #ended = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #blockedSince: number | undefined;

  /** @param heartbeat Sent every `everyMs` milliseconds. */
  constructor(response: ServerResponse, heartbeat: string, everyMs: number) {
    this.#response = response;
    this.#heartbeat = setInterval(() => this.#beat(heartbeat), everyMs);
    this.#heartbeat.unref();
    response.on("drain", () => {
      this.#blockedSince = undefined;
    });
    response.once("close", () => this.end("visitor"));
    response.on("error", () => this.end("visitor"));
  }

  /** Aborts when the stream has ended. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** True while the client has data to accept: backpressure. */
  get isBlocked(): boolean {
    return this.#blockedSince !== undefined;
  }

  /** Sends what was written so far, and from now on everything at once. */
  start(): void {
    // Apart from the body: then Node keeps them as one string, not as all its parts.
    this.#response.flushHeaders();
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.#send(text);
    if (this.signal.aborted) this.#response.end();
  }

  write(text: string | Buffer): void {
    if (this.signal.aborted) return;
    if (this.#early) this.#early.push(text);
    else this.#send(text);
  }

  /** Resolves when the client can accept more, or the stream has ended. */
  async writable(): Promise<void> {
    if (!this.isBlocked || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off("drain", done);
        this.signal.removeEventListener("abort", done);
        resolve();
      };
      this.#response.once("drain", done);
      this.signal.addEventListener("abort", done);
    });
  }

  end(cause: EndCause): void {
    if (this.signal.aborted) return;
    this.cause = cause;
    clearInterval(this.#heartbeat);
    if (cause === "stalled") this.#response.destroy();
    else if (!this.#early) this.#response.end();
    this.#ended.abort(NOT_NEEDED);
  }

  #send(text: string | Buffer): void {
    if (!this.#response.write(text)) this.#blockedSince ??= performance.now();
  }

  #beat(heartbeat: string): void {
    if (this.#blockedSince === undefined) this.write(heartbeat);
    else if (performance.now() - this.#blockedSince > STALLED_MS) {
      this.end("stalled");
    }
  }
}
