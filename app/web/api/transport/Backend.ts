import { type Dispatcher, Pool } from "undici";
import { Circuit } from "./Circuit";
import { Connections, type ConnectionsOptions } from "./Connections";

const CONNECT_TIMEOUT_MS = 1_000;

/** One address of the backend. */
export class Backend {
  readonly circuit: Circuit;
  readonly connections: Connections;
  /** Calls under way. */
  busy = 0;
  private readonly streams: Pool;

  constructor(private readonly options: ConnectionsOptions) {
    this.circuit = new Circuit(options.now);
    this.connections = new Connections(options);
    this.streams = openPool(options.origin);
  }

  get origin(): string {
    return this.options.origin;
  }

  /** Where to open a stream: each has a connection of its own, and takes none from the calls. */
  streamDispatcher(): Dispatcher {
    return this.streams;
  }

  /** Takes no more calls; resolves when those under way have ended. */
  async close(): Promise<void> {
    await Promise.all([this.connections.close(), this.streams.close()]);
  }
}

const openPool = (origin: string): Pool =>
  new Pool(origin, {
    connections: null,
    pipelining: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A reply's stream has no deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
