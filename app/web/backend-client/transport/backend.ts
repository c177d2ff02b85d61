import { type Dispatcher, Pool } from "undici";
import { Circuit } from "./circuit";
import {
  CONNECTION,
  Connections,
  type ConnectionsOptions,
} from "./connections";

/** One address of the backend. */
export class Backend {
  readonly circuit: Circuit;
  readonly connections: Connections;
  /** Calls under way. */
  busy = 0;
  private streams: Pool;
  private retireAt: number;
  /** Pools whose streams go on, and which get no more. */
  private readonly retired = new Set<Promise<void>>();

  constructor(private readonly options: ConnectionsOptions) {
    this.circuit = new Circuit(options.now);
    this.connections = new Connections(options);
    this.streams = this.openPool();
    this.retireAt = options.now() + options.maxAgeMs;
  }

  get origin(): string {
    return this.options.origin;
  }

  /**
   * Where to open a stream: each has a connection of its own, and takes none from the calls. One
   * that is at rest is used again until it has reached its age: it stays with one process.
   */
  streamDispatcher(): Dispatcher {
    const now = this.options.now();
    if (now >= this.retireAt) {
      const closed = this.streams
        .close()
        // Nobody waits for it but a process that ends.
        .catch(() => undefined)
        .finally(() => this.retired.delete(closed));
      this.retired.add(closed);
      this.streams = this.openPool();
      this.retireAt = now + this.options.maxAgeMs;
    }
    return this.streams;
  }

  /** Takes no more calls; resolves when those under way have ended. */
  async close(): Promise<void> {
    await Promise.all([
      this.connections.close(),
      this.streams.close(),
      ...this.retired,
    ]);
  }

  private openPool(): Pool {
    return new Pool(this.options.origin, { ...CONNECTION, connections: null });
  }
}
