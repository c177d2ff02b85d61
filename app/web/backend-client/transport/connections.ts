import type { LookupFunction } from "node:net";
import { buildConnector, Client } from "undici";
import type { Trust } from "../../../core/runtime/certificates";
import { trustingConnector } from "../../../core/runtime/trusting-connector";

/** A connection to one process of the backend, for one call at a time. */
export interface Connection {
  readonly client: Client;
  /** The process at the other end; known from its first answer. */
  process?: string;
  /** Calls in flight or queued. */
  inFlight: number;
  readonly retireAt: number;
  dnsMs: number;
  /** By `performance.now()`; 0 until connected. */
  connectedAt: number;
}

export interface ConnectionsOptions {
  /** `http://backend.keepsake.svc.cluster.local.:8081` */
  origin: string;
  lookup: LookupFunction;
  secure: buildConnector.connector;
  /** Age in milliseconds after which a connection gets no new calls. */
  maxAgeMs: number;
  /** Monotonic, in milliseconds. */
  now: () => number;
}

/** Balances queueing against idle connections. */
const MAX_CONNECTIONS = 64;

/**
 * Connections opened only to discover processes. Each reaches one at random: of three processes,
 * sixteen connections miss none in 99.5 % of cases.
 */
const MAX_DISCOVERY = 16;

/** At most one call in so many opens a connection for discovery: it costs a round trip. */
const CALLS_PER_DISCOVERY = 20;

/** Longer than any answer of the API. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** Every call has a deadline and a reply's stream has none, so undici's own time-outs are off. */
export const CONNECTION = {
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
};

/**
 * Far longer than TCP takes within a region: the kernel answers, however busy the process is. Behind
 * the address of a Service, a connection that takes longer leads to a pod that is gone, and the next
 * attempt to another.
 */
const CONNECT_TIMEOUT_MS = 300;

/** The TLS handshake waits for the event loop of the process at the other end, which is alive. */
const HANDSHAKE_TIMEOUT_MS = 2_000;

/** For sockets given up by then: undici's time-outs are accurate to half a second only. */
const DISCARD_AFTER_MS = 700;

/** Makes TLS connections of sockets that {@link connector} has connected. */
export const securingConnector = (
  trust: Trust | undefined,
  host: string,
): buildConnector.connector =>
  trustingConnector(
    { timeout: HANDSHAKE_TIMEOUT_MS + DISCARD_AFTER_MS },
    trust,
    host,
  );

/** Connects within {@link CONNECT_TIMEOUT_MS}, and secures within {@link HANDSHAKE_TIMEOUT_MS}. */
export function connector(
  lookup: LookupFunction,
  secure: buildConnector.connector,
): buildConnector.connector {
  const connect = within(
    CONNECT_TIMEOUT_MS,
    buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS + DISCARD_AFTER_MS }),
  );
  const shakeHands = within(HANDSHAKE_TIMEOUT_MS, secure);
  return (options, callback) => {
    if (options.protocol !== "https:") {
      connect(options, callback);
      return;
    }
    const port = options.port || "443";
    connect({ ...options, protocol: "http:", port }, (...[error, socket]) => {
      if (error) callback(error, null);
      else shakeHands({ ...options, httpSocket: socket }, callback);
    });
  };
}

function within(
  timeoutMs: number,
  connect: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) => {
    let isOver = false;
    const finish: buildConnector.Callback = (...result) => {
      clearTimeout(timer);
      if (isOver) result[1]?.destroy();
      else callback(...result);
      isOver = true;
    };
    const giveUp = () =>
      finish(new Error(`Not connected in ${timeoutMs} ms`), null);
    // After a stall of this process, a socket that has connected meanwhile comes first.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    connect(options, finish);
  };
}

/**
 * Balances calls over processes, not connections. Behind a ClusterIP each connection is pinned to
 * a process chosen at random, so equal use of connections is unequal use of processes. Every answer
 * names its process; a call goes to the less busy of two known processes.
 */
export class Connections {
  private readonly all = new Set<Connection>();
  private sinceDiscovery = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  /**
   * The connection for the next call, with `inFlight` already incremented.
   *
   * @param avoided Processes where this call has failed; used only if there is no other.
   * @param isRetry Prefer a process that has answered: a new connection may reach a dead one.
   */
  take(avoided: ReadonlySet<string>, isRetry: boolean): Connection {
    this.retire();
    const known = isRetry ? this.ofKnownProcesses(avoided) : [];
    const connection =
      known.length > 0 ? leastBusy(known) : this.choose(avoided);
    connection.inFlight += 1;
    this.sinceDiscovery += 1;
    return connection;
  }

  /** True while a process that has answered is still connected. */
  get hasKnownProcess(): boolean {
    return this.ofKnownProcesses(new Set()).length > 0;
  }

  /** Drops a connection on which a call failed, and all others to the same process. */
  lose(lost: Connection): void {
    this.drop(lost);
    if (lost.process === undefined) return;
    for (const connection of this.all) {
      if (connection.process === lost.process) this.drop(connection);
    }
  }

  /** Resolves when the calls in flight have ended. */
  async close(): Promise<void> {
    const closing = [...this.all].map(({ client }) => client.close());
    this.all.clear();
    await Promise.all(closing);
  }

  private ofKnownProcesses(avoided: ReadonlySet<string>): Connection[] {
    return [...this.all].filter(
      ({ process }) => process !== undefined && !avoided.has(process),
    );
  }

  private choose(avoided: ReadonlySet<string>): Connection {
    const isDiscoveryDue = this.sinceDiscovery >= CALLS_PER_DISCOVERY;
    if (isDiscoveryDue && this.all.size < MAX_DISCOVERY) return this.open();
    const groups = this.byProcess(avoided);
    const hasRoom = this.all.size < MAX_CONNECTIONS;
    if (groups.length === 0 && hasRoom) return this.open();
    const group = lessBusy(groups.length > 0 ? groups : [[...this.all]]);
    const idle = group.find(({ inFlight }) => inFlight === 0);
    if (idle) return idle;
    return hasRoom ? this.open() : leastBusy(group);
  }

  /** A connection without an answer yet counts as a process of its own. */
  private byProcess(avoided: ReadonlySet<string>): Connection[][] {
    const groups = new Map<string | Connection, Connection[]>();
    for (const connection of this.all) {
      const { process } = connection;
      if (process !== undefined && avoided.has(process)) continue;
      const group = groups.get(process ?? connection);
      if (group) group.push(connection);
      else groups.set(process ?? connection, [connection]);
    }
    return [...groups.values()];
  }

  private open(): Connection {
    const { origin, lookup, secure, maxAgeMs, now } = this.options;
    const timedLookup: LookupFunction = (host, options, callback) => {
      const begun = performance.now();
      lookup(host, options, (...found) => {
        connection.dnsMs = performance.now() - begun;
        callback(...found);
      });
    };
    const client = new Client(origin, {
      ...CONNECTION,
      maxResponseSize: MAX_RESPONSE_BYTES,
      connect: connector(timedLookup, secure),
    });
    const connection: Connection = {
      client,
      inFlight: 0,
      // Jitter, so that connections are not all replaced at the same moment.
      retireAt: now() + maxAgeMs * (0.7 + 0.3 * Math.random()),
      dnsMs: 0,
      connectedAt: 0,
    };
    client.once("connect", () => (connection.connectedAt = performance.now()));
    // If it reconnected, it would reach another process.
    client.once("disconnect", () => this.drop(connection));
    this.all.add(connection);
    this.sinceDiscovery = 0;
    return connection;
  }

  /** Calls in flight on it continue. */
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

/** The power of two choices, by the calls in flight on all connections of a process. */
function lessBusy(groups: Connection[][]): Connection[] {
  const index = Math.floor(Math.random() * groups.length);
  const step = 1 + Math.floor(Math.random() * (groups.length - 1));
  const first = groups[index] ?? [];
  const second = groups[(index + step) % groups.length] ?? first;
  return inFlightOn(second) < inFlightOn(first) ? second : first;
}

const leastBusy = (group: Connection[]) =>
  group.reduce((least, next) =>
    next.inFlight < least.inFlight ? next : least,
  );

const inFlightOn = (group: Connection[]) =>
  group.reduce((sum, { inFlight }) => sum + inFlight, 0);
