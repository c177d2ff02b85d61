import { sentence } from "../../core/texts/catalogue";
import type { ServerResponse } from "node:http";
import { Counter, Gauge } from "prom-client";
import { LimitError } from "../../core/domain/errors";
import { ConnectionRegistry } from "../../core/runtime/connection-registry";
import {
  LOSSES,
  metricDefinitions,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";
import { StreamBody, type EndCause } from "./stream-body";

/** A client that is refused a stream asks again after this time: a tab may be closed until then. */
const RETRY_AFTER_SECONDS = 30;

export interface StreamOptions {
  /** The interval between two heartbeats of a stream. */
  heartbeatMs: number;
  /** The most open streams of one owner; 0 is no limit. */
  maxPerOwner: number;
}

/** The open streams of this process: counted, bounded by owner, and ended gradually by a drain. */
export class EventStreams {
  readonly heartbeatMs: number;
  readonly #maxPerOwner: number;
  readonly #open = new ConnectionRegistry();
  readonly #byOwner = new Map<string, number>();
  readonly #lost: Counter<"cause">;

  constructor(metrics: Registry, { heartbeatMs, maxPerOwner }: StreamOptions) {
    this.heartbeatMs = heartbeatMs;
    this.#maxPerOwner = maxPerOwner;
    const registers = [metrics];
    const gauge: Gauge = new Gauge({
      ...metricDefinitions.streamsOpen,
      registers,
      collect: () => gauge.set(this.#open.size),
    });
    this.#lost = new Counter({
      ...metricDefinitions.streamsLost,
      registers,
    });
    for (const cause of LOSSES) {
      this.#lost.inc({ cause }, 0);
    }
  }

  /**
   * @param onDrain Called before a drain ends the stream.
   * @throws LimitError 429 if the owner has too many.
   */
  open(
    response: ServerResponse,
    owner: string,
    heartbeat: string,
    onDrain: (live: StreamBody) => void,
  ): StreamBody {
    const release = this.#take(owner);
    const live = new StreamBody(response, heartbeat, this.heartbeatMs);
    const forget = this.#open.add(() => {
      onDrain(live);
      live.end("drain");
    });
    live.signal.addEventListener("abort", () => {
      forget();
      release();
      this.#count(live.cause);
    });
    return live;
  }

  /** Ends all streams, spread over `overMs`, so that their clients don't reconnect all at once. */
  closeGradually(overMs: number): Promise<void> {
    return this.#open.closeGradually(overMs);
  }

  /** @returns a function that gives the stream back. */
  #take(owner: string): () => void {
    const count = this.#byOwner.get(owner) ?? 0;
    if (this.#maxPerOwner > 0 && count >= this.#maxPerOwner) {
      throw new LimitError(
        "streams",
        429,
        sentence("problem.streams", { limit: count }),
        RETRY_AFTER_SECONDS,
      );
    }
    this.#byOwner.set(owner, count + 1);
    return () => {
      const left = (this.#byOwner.get(owner) ?? 0) - 1;
      if (left > 0) this.#byOwner.set(owner, left);
      else this.#byOwner.delete(owner);
    };
  }

  #count(cause: EndCause | undefined): void {
    if (cause && cause !== "done") this.#lost.inc({ cause });
  }
}
