import { Counter, Gauge } from "prom-client";
import { ConnectionRegistry } from "../../core/runtime/connection-registry";
import {
  LOSSES,
  metricDefinitions,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";
import { StreamBody, type EndCause } from "./stream-body";

/** The open streams of this process: counted, and ended gradually by a drain. */
export class EventStreams {
  readonly #open = new ConnectionRegistry();
  readonly #lost: Counter<"cause">;

  /** @param heartbeatMs The interval between two heartbeats of a stream. */
  constructor(
    metrics: Registry,
    readonly heartbeatMs: number,
  ) {
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

  /** @param onDrain Called before a drain ends the stream. */
  open(heartbeat: string, onDrain: (live: StreamBody) => void): StreamBody {
    const live = new StreamBody(heartbeat, this.heartbeatMs);
    const forget = this.#open.add(() => {
      onDrain(live);
      live.end("drain");
    });
    live.signal.addEventListener("abort", () => {
      forget();
      this.#count(live.cause);
    });
    return live;
  }

  /** Ends all streams, spread over `overMs`, so that their clients don't reconnect all at once. */
  closeGradually(overMs: number): Promise<void> {
    return this.#open.closeGradually(overMs);
  }

  #count(cause: EndCause | undefined): void {
    if (cause && cause !== "done") this.#lost.inc({ cause });
  }
}
