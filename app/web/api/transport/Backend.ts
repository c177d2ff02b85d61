import { type Dispatcher, Pool } from "undici";
import { Circuit } from "./Circuit";

export interface BackendOptions {
  /** `http://10.0.0.5:8081` */
  origin: string;
  /** After how many milliseconds a connection is not used for new calls any more. */
  maxAgeMs: number;
  /** Milliseconds, never set back. */
  now: () => number;
}

/** To one address. Balances the calls that wait for each other against connections at rest. */
const CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * One address of the backend: a pool of connections, all of which are replaced when they have
 * reached their age. Behind the address of a cluster's service there are many processes, and a
 * connection stays with the one that it was made to; only new ones reach new processes.
 */
export class Backend {
  readonly circuit: Circuit;
  /** Calls under way. */
  busy = 0;
  private pool: Pool;
  private retireAt: number;
  private isClosed = false;
  private readonly streams: Pool;

  constructor(private readonly options: BackendOptions) {
    this.circuit = new Circuit(options.now);
    this.pool = openPool(options.origin, CONNECTIONS);
    this.retireAt = this.nextRetirement();
    this.streams = openPool(options.origin, null);
  }

  get origin(): string {
    return this.options.origin;
  }

  /** Where to send the next call. Calls on an old connection end on it. */
  dispatcher(): Dispatcher {
    if (this.options.now() >= this.retireAt && !this.isClosed) {
      const old = this.pool;
      this.pool = openPool(this.origin, CONNECTIONS);
      this.retireAt = this.nextRetirement();
      void old.close();
    }
    return this.pool;
  }

  /** Where to open a stream: each has a connection of its own, and takes none from the calls. */
  streamDispatcher(): Dispatcher {
    return this.streams;
  }

  /** Takes no more calls; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([this.pool.close(), this.streams.close()]);
  }

  /** At most the stated age; earlier at random, so that not all pods connect at the same moment. */
  private nextRetirement(): number {
    const { now, maxAgeMs } = this.options;
    return now() + maxAgeMs * (0.7 + 0.3 * Math.random());
  }
}

const openPool = (origin: string, connections: number | null): Pool =>
  new Pool(origin, {
    connections,
    pipelining: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Each call has a deadline of its own, and a reply's stream has none.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
