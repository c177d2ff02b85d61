import { type Dispatcher, Pool } from "undici";
import { Circuit } from "./Circuit";
import {
  CONNECTION,
  Connections,
  type ConnectionsOptions,
} from "./Connections";

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
    this.streams = new Pool(options.origin, {
      ...CONNECTION,
      connections: null,
    });
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
