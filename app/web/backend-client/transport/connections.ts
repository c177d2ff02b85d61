import { Client } from "undici";

/** A connection to one process of the backend, for one call at a time. */
export interface Connection {
  readonly client: Client;
  /** The process that answers on it; unknown until it has answered. */
  process?: string;
  /** Calls under way or waiting. */
  busy: number;
  readonly retireAt: number;
}

export interface ConnectionsOptions {
  /** `http://10.0.0.5:8081` */
  origin: string;
  /** After how many milliseconds a connection is not used for new calls any more. */
  maxAgeMs: number;
  /** Milliseconds, never set back. */
  now: () => number;
}

/** Balances the calls that wait for each other against connections at rest. */
const MOST = 64;

/**
 * How many are opened for the sake of meeting all processes behind the address. Each meets one at
 * random: of three, sixteen miss none in 99.5 % of all cases.
 */
const ENOUGH = 16;

/** Of so many calls, one at most opens a connection for that: it costs a round trip. */
const CALLS_PER_MEETING = 20;

/** Of every connection to the backend: a call has a deadline of its own, and a reply's stream none. */
export const CONNECTION = {
  pipelining: 1,
  connectTimeout: 1_000,
  headersTimeout: 0,
  bodyTimeout: 0,
};

/**
 * The connections to one address. Behind the address of a cluster's service there are many
 * processes, and a connection stays with the one that it was made to. So connections are replaced
 * when they have reached their age, and each answer says which process it is of: the next call
 * goes to a process chosen among those that were met, not to a connection, and all get the same
 * share, however the connections fell.
 */
export class Connections {
  private readonly all = new Set<Connection>();
  private sinceMeeting = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  /**
   * The connection for the next call; `busy` counts it already.
   *
   * @param avoided Processes that this call has failed at; asked again only if there is no other.
   * @param isRetry Whether to make sure of it: a new connection may meet one that has died.
   */
  take(avoided: ReadonlySet<string>, isRetry: boolean): Connection {
    this.retire();
    const connection = isRetry ? this.surest(avoided) : this.choose(avoided);
    connection.busy += 1;
    this.sinceMeeting += 1;
    return connection;
  }

  /** Whether a process that has answered is connected still. */
  get hasMet(): boolean {
    return [...this.all].some(({ process }) => process !== undefined);
  }

  /** A call has failed on it: no new one goes there, nor to its process, as far as that is known. */
  lose(lost: Connection): void {
    this.drop(lost);
    if (lost.process === undefined) return;
    for (const connection of this.all) {
      if (connection.process === lost.process) this.drop(connection);
    }
  }

  async close(): Promise<void> {
    const closing = [...this.all].map(({ client }) => client.close());
    this.all.clear();
    await Promise.all(closing);
  }

  /** One of a process that has answered, busy or not. */
  private surest(avoided: ReadonlySet<string>): Connection {
    const sure = [...this.all].filter(
      ({ process }) => process !== undefined && !avoided.has(process),
    );
    return sure.length > 0 ? leastBusy(sure) : this.choose(avoided);
  }

  private choose(avoided: ReadonlySet<string>): Connection {
    const isDue = this.sinceMeeting >= CALLS_PER_MEETING;
    if (this.all.size === 0 || (isDue && this.all.size < ENOUGH)) {
      return this.open();
    }
    const groups = this.byProcess(avoided);
    const hasRoom = this.all.size < MOST;
    // Whatever is there is of those that failed: another connection may be another's.
    if (groups.length === 0 && hasRoom) return this.open();
    const of = lessBusy(groups.length > 0 ? groups : [[...this.all]]);
    const resting = of.find(({ busy }) => busy === 0);
    if (resting) return resting;
    if (hasRoom) return this.open();
    return leastBusy(of);
  }

  /** What has not answered yet counts as a process of its own. */
  private byProcess(avoided: ReadonlySet<string>): Connection[][] {
    const groups = new Map<string | Connection, Connection[]>();
    for (const connection of this.all) {
      const name = connection.process ?? connection;
      const group = groups.get(name);
      if (group) group.push(connection);
      else groups.set(name, [connection]);
    }
    const allowed = [...groups].filter(
      ([name]) => typeof name !== "string" || !avoided.has(name),
    );
    return allowed.map(([, group]) => group);
  }

  private open(): Connection {
    const { origin, maxAgeMs, now } = this.options;
    const client = new Client(origin, CONNECTION);
    // Earlier than the age at random, so that they are not all made anew at the same moment.
    const retireAt = now() + maxAgeMs * (0.7 + 0.3 * Math.random());
    const connection: Connection = { client, busy: 0, retireAt };
    // Connected again it would be another process's.
    client.once("disconnect", () => this.drop(connection));
    this.all.add(connection);
    this.sinceMeeting = 0;
    return connection;
  }

  /** No new call uses it; those under way end on it. */
  private drop(connection: Connection): void {
    if (this.all.delete(connection)) void connection.client.close();
  }

  private retire(): void {
    const now = this.options.now();
    for (const connection of this.all) {
      if (now >= connection.retireAt) this.drop(connection);
    }
  }
}

/** Of two processes at random the one with less to do, by all of its connections. */
function lessBusy(groups: Connection[][]): Connection[] {
  const first = Math.floor(Math.random() * groups.length);
  const step = 1 + Math.floor(Math.random() * (groups.length - 1));
  const one = groups[first] ?? [];
  const other = groups[(first + step) % groups.length] ?? one;
  return busyOf(other) < busyOf(one) ? other : one;
}

const leastBusy = (group: Connection[]) =>
  group.reduce((one, other) => (other.busy < one.busy ? other : one));

const busyOf = (group: Connection[]) =>
  group.reduce((sum, { busy }) => sum + busy, 0);
