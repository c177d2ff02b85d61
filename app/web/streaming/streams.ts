import { Counter, Gauge } from "prom-client";
import { ConnectionRegistry } from "../../core/runtime/connection-registry";
import {
  LOSSES,
  metricDefinitions,
} from "../../core/runtime/metric-definitions";
import type { Registry } from "../../core/runtime/metrics";
import { LiveBody, type EndCause } from "./live-body";

/** All streams that this process has open: counted, and ended one after another by a drain. */
export class Streams {
  readonly #open = new ConnectionRegistry();
  readonly #lost: Counter<"cause">;

  /** @param heartbeatMs How long a stream may be silent. */
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

  /** Opens a stream. @param sayGoodbye is called before a drain ends it. */
  open(heartbeat: string, sayGoodbye: (live: LiveBody) => void): LiveBody {
    const live = new LiveBody(heartbeat, this.heartbeatMs);
    const forget = this.#open.add(() => {
      sayGoodbye(live);
      live.end("drain");
    });
    live.signal.addEventListener("abort", () => {
      forget();
      this.#count(live.cause);
    });
    return live;
  }

  /**
   * Ends all streams, at times spread over a while: their readers connect again elsewhere, and not
   * all at once.
   */
  leave(overMs: number): Promise<void> {
    return this.#open.closeGradually(overMs);
  }

  #count(cause: EndCause | undefined): void {
    if (cause && cause !== "done") this.#lost.inc({ cause });
  }
}
