import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import type { Tokens } from "../../core/config/tokens";
import type { Trust } from "../../core/runtime/certificates";
import {
  type Answer,
  type Call,
  CallCost,
  isUnavailable,
  NoBackendError,
  type Outcome,
} from "./transport/call";
import { Circuit } from "./transport/circuit";
import {
  CONNECTION,
  type Connection,
  Connections,
  connector,
  securingConnector,
} from "./transport/connections";
import { HostAddresses, type ResolveHost } from "./transport/host-addresses";
import { RetryPolicy } from "./transport/retry-policy";

export interface TransportOptions {
  url: URL;
  tokens: Tokens;
  trust?: Trust | undefined;
  resolve: ResolveHost;
  /** Age in milliseconds after which a connection gets no new calls. */
  connectionAgeMs: number;
  /** Monotonic, in milliseconds. */
  now: () => number;
  onResolveError: (error: unknown) => void;
}

export interface StreamAnswer {
  status: number;
  body: AsyncIterable<Uint8Array>;
}

export interface StreamRequest {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: Readable;
  signal: AbortSignal;
}

export interface StreamedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** To be read to its end, or destroyed. */
  body: Readable;
}

/**
 * Sends calls to the backend, each within its deadline. A call that got no answer, or 502, 503
 * or 504, is retried on another process if possible, see {@link RetryPolicy}: every operation is idempotent, by nature or by its key.
 */
export class Transport {
  private readonly circuit: Circuit;
  private readonly retries = new RetryPolicy();
  private readonly addresses: HostAddresses;
  private readonly connections: Connections;
  /** Each stream has its own connection, so that streams take none from the calls. */
  private readonly streams: Pool;
  private lastFailure: unknown;
  /** The token that the backend accepted last. */
  private accepted: string | undefined;

  constructor(private readonly options: TransportOptions) {
    const { url, resolve, connectionAgeMs, now, onResolveError, trust } =
      options;
    const addresses = new HostAddresses({
      resolve,
      now,
      onError: onResolveError,
    });
    const { lookup } = addresses;
    const secure = securingConnector(trust, url.hostname);
    this.circuit = new Circuit(now);
    this.addresses = addresses;
    this.connections = new Connections({
      origin: url.origin,
      lookup,
      secure,
      maxAgeMs: connectionAgeMs,
      now,
    });
    this.streams = new Pool(url.origin, {
      ...CONNECTION,
      connect: connector(lookup, secure),
      connections: null,
      clientTtl: connectionAgeMs,
    });
  }

  /**
   * @returns The answer, whatever its status.
   * @throws NoBackendError; a `TimeoutError`; the signal's reason; or the connection's error, when
   *   all attempts have failed.
   */
  async send(call: Call): Promise<{ answer: Answer; cost: CallCost }> {
    const begun = this.options.now();
    const cost = new CallCost();
    const avoided = new Set<string>();
    this.retries.earn();
    for (let tries = 1; ; tries++) {
      const leftMs = begun + call.deadlineMs - this.options.now();
      const outcome = await this.attempt(call, leftMs, avoided, cost);
      cost.totalMs = this.options.now() - begun;
      const { totalMs } = cost;
      const pauseMs = this.retries.nextPause(call, tries, totalMs, outcome);
      if (pauseMs === undefined) {
        if ("error" in outcome) throw outcome.error;
        return { answer: outcome.answer, cost };
      }
      await sleep(pauseMs, undefined, { signal: call.signal });
    }
  }

  /**
   * Opens a stream, with one attempt.
   *
   * @throws NoBackendError; the signal's reason; or the connection's error.
   */
  async openStream(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<StreamAnswer> {
    this.enter();
    try {
      const answer = await this.authorized(async (authorization) => {
        const { statusCode, body } = await this.streams.request({
          method: "GET",
          path,
          headers: { ...headers, authorization },
          signal,
        });
        // A body that is abandoned before its end is no fault.
        body.on("error", () => undefined);
        if (statusCode === 401) await body.dump();
        return { status: statusCode, body };
      });
      if (answer.status < 500) this.circuit.succeeded();
      else this.fail();
      return answer;
    } catch (error) {
      if (signal.aborted) this.circuit.abandoned();
      else this.fail(error);
      throw error;
    }
  }

  /**
   * Sends a request whose body, or answer, is a stream: with one attempt, since a body can't be sent
   * twice.
   *
   * @throws As {@link openStream} does.
   */
  async exchangeStream(request: StreamRequest): Promise<StreamedAnswer> {
    this.enter();
    try {
      const token = this.accepted ?? (await this.options.tokens.current())[0];
      const answer = await this.streams.request({
        ...request,
        headers: {
          ...request.headers,
          authorization: `Bearer ${token ?? ""}`,
        },
      });
      answer.body.on("error", () => undefined);
      if (answer.statusCode < 500) this.circuit.succeeded();
      else this.fail();
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body,
      };
    } catch (error) {
      // The visitor's upload may be what broke off.
      this.circuit.abandoned();
      throw error;
    }
  }

  /** Resolves when calls and streams have ended. */
  async close(): Promise<void> {
    await Promise.all([this.connections.close(), this.streams.close()]);
  }

  private async attempt(
    call: Call,
    leftMs: number,
    avoided: Set<string>,
    cost: CallCost,
  ): Promise<Outcome> {
    if (!this.circuit.tryEnter())
      return { error: new NoBackendError(this.lastFailure) };
    const connection = this.connections.take(avoided, cost.attempts > 0);
    cost.attempts += 1;
    try {
      const timeoutMs = Math.max(1, Math.min(call.attemptMs, leftMs));
      const answer = await this.exchange(connection, call, timeoutMs, cost);
      this.circuit.succeeded();
      if (isUnavailable(answer)) avoid(avoided, connection);
      return { answer };
    } catch (error) {
      if (call.signal?.aborted) {
        this.circuit.abandoned();
        throw error;
      }
      avoid(avoided, connection);
      this.connections.lose(connection);
      this.fail(error);
      return { error };
    } finally {
      connection.inFlight -= 1;
    }
  }

  /** Sends one attempt and reads the whole answer. */
  private exchange(
    connection: Connection,
    { method, path, headers, body, signal }: Call,
    timeoutMs: number,
    cost: CallCost,
  ): Promise<Answer> {
    return this.authorized(async (authorization) => {
      const deadlineMs = Math.ceil(timeoutMs);
      const timeout = AbortSignal.timeout(deadlineMs);
      const begun = performance.now();
      const answer = await connection.client.request({
        method,
        path,
        headers: {
          ...headers,
          authorization,
          "keepsake-deadline-ms": String(deadlineMs),
        },
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const answered = performance.now();
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      addTiming(cost, connection, begun, answered);
      const process = answer.headers["keepsake-process"];
      if (typeof process === "string") connection.process = process;
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: bytes,
      };
    });
  }

  /** Tries the newest token first, then older ones: the backend may not know the newest yet. */
  private async authorized<T extends { status: number }>(
    send: (authorization: string) => Promise<T>,
  ): Promise<T> {
    const { tokens } = this.options;
    for (const token of await tokens.current()) {
      const answer = await send(`Bearer ${token}`);
      if (answer.status === 401) continue;
      this.accepted = token;
      return answer;
    }
    const [token = ""] = await tokens.renewed();
    return send(`Bearer ${token}`);
  }

  private enter(): void {
    if (!this.circuit.tryEnter()) throw new NoBackendError(this.lastFailure);
  }

  /** Counts as a failure of the backend only if no other process is known to answer. */
  private fail(failure?: unknown): void {
    this.lastFailure = failure;
    this.addresses.expire();
    if (this.connections.hasKnownProcess) this.circuit.abandoned();
    else this.circuit.failed();
  }
}

function avoid(avoided: Set<string>, { process }: Connection): void {
  if (process !== undefined) avoided.add(process);
}

function addTiming(
  cost: CallCost,
  { dnsMs, connectedAt }: Connection,
  begun: number,
  answered: number,
): void {
  const isNew = connectedAt > begun;
  const sent = isNew ? connectedAt : begun;
  if (isNew) {
    cost.dnsMs += dnsMs;
    cost.connectMs += sent - begun - dnsMs;
  }
  cost.waitMs += answered - sent;
  cost.transferMs += performance.now() - answered;
}
