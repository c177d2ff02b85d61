import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import type { Tokens } from "../../core/config/tokens";
import { Circuit } from "./transport/circuit";
import {
  CONNECTION,
  type Connection,
  Connections,
  connector,
} from "./transport/connections";
import { type Answer, exchange } from "./transport/exchange";
import { HostAddresses, type ResolveHost } from "./transport/host-addresses";
import { RetryBudget } from "./transport/retry-budget";

export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** For all attempts together, in milliseconds. */
  deadlineMs: number;
  /** For one attempt, in milliseconds. */
  attemptMs: number;
  /** Waits for a backend if none answers, instead of failing at once. */
  isPatient?: boolean;
  signal?: AbortSignal;
}

/** The cost of a call in milliseconds, all attempts together. */
export interface CallCost {
  dnsMs: number;
  connectMs: number;
  waitMs: number;
  transferMs: number;
  totalMs: number;
  attempts: number;
}

export interface TransportOptions {
  url: URL;
  tokens: Tokens;
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

/** The circuit is open: no process of the backend has answered recently. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
  constructor() {
    super("No process of the backend answers");
  }
}

/** As many as open the circuit. */
const MAX_ATTEMPTS = 5;

/** About three seconds with the pauses between: the time in which a pod is replaced. */
const MAX_PATIENT_ATTEMPTS = 8;

/** Pause before the second attempt; doubled for each one after. */
const BACKOFF_MS = 25;

/** Answers of a process that cannot serve now; another one may. */
const UNAVAILABLE = new Set([502, 503, 504]);

type Outcome = { answer: Answer } | { error: unknown };

/**
 * Sends calls to the backend, each within its deadline. A call without an answer is retried on
 * another process if possible: every operation is idempotent, by nature or by its key.
 */
export class Transport {
  private readonly circuit: Circuit;
  private readonly budget = new RetryBudget();
  private readonly addresses: HostAddresses;
  private readonly connections: Connections;
  /** Each stream has its own connection, so that streams take none from the calls. */
  private readonly streams: Pool;

  constructor(private readonly options: TransportOptions) {
    const { url, resolve, connectionAgeMs, now, onResolveError } = options;
    const addresses = new HostAddresses({
      resolve,
      now,
      onError: onResolveError,
    });
    const { lookup } = addresses;
    this.circuit = new Circuit(now);
    this.addresses = addresses;
    this.connections = new Connections({
      origin: url.origin,
      lookup,
      maxAgeMs: connectionAgeMs,
      now,
    });
    this.streams = new Pool(url.origin, {
      ...CONNECTION,
      connect: connector(lookup),
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
    const cost = noCost();
    const avoided = new Set<string>();
    this.budget.earn();
    for (let tries = 1; ; tries++) {
      const leftMs = begun + call.deadlineMs - this.options.now();
      const outcome = await this.attempt(call, leftMs, avoided, cost);
      cost.totalMs = this.options.now() - begun;
      if ("answer" in outcome && !UNAVAILABLE.has(outcome.answer.status)) {
        return { answer: outcome.answer, cost };
      }
      if (await this.waitToRetry(call, begun, tries, outcome)) continue;
      if ("error" in outcome) throw outcome.error;
      return { answer: outcome.answer, cost };
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
      else this.fail();
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
    if (!this.circuit.tryEnter()) return { error: new NoBackendError() };
    const connection = this.connections.take(avoided, cost.attempts > 0);
    cost.attempts += 1;
    try {
      const timeoutMs = Math.max(1, Math.min(call.attemptMs, leftMs));
      const answer = await this.exchange(connection, call, timeoutMs);
      this.circuit.succeeded();
      addTiming(cost, answer);
      if (UNAVAILABLE.has(answer.status)) avoid(avoided, connection);
      return { answer };
    } catch (error) {
      if (call.signal?.aborted) {
        this.circuit.abandoned();
        throw error;
      }
      avoid(avoided, connection);
      this.connections.lose(connection);
      this.fail();
      return { error };
    } finally {
      connection.inFlight -= 1;
    }
  }

  private exchange(
    connection: Connection,
    { method, path, headers, body, signal }: Call,
    timeoutMs: number,
  ): Promise<Answer> {
    const deadline = String(Math.ceil(timeoutMs));
    return this.authorized(async (authorization) => {
      const answer = await exchange(connection, {
        method,
        path,
        headers: {
          ...headers,
          authorization,
          "keepsake-deadline-ms": deadline,
        },
        body,
        timeoutMs,
        signal,
      });
      const process = answer.headers["keepsake-process"];
      if (typeof process === "string") connection.process = process;
      return answer;
    });
  }

  /** Tries the newest token first, then older ones: the backend may not know the newest yet. */
  private async authorized<T extends { status: number }>(
    send: (authorization: string) => Promise<T>,
  ): Promise<T> {
    const { tokens } = this.options;
    for (const token of await tokens.current()) {
      const answer = await send(`Bearer ${token}`);
      if (answer.status !== 401) return answer;
    }
    const [token = ""] = await tokens.renewed();
    return send(`Bearer ${token}`);
  }

  private enter(): void {
    if (!this.circuit.tryEnter()) throw new NoBackendError();
  }

  /** Counts as a failure of the backend only if no other process is known to answer. */
  private fail(): void {
    this.addresses.expire();
    if (this.connections.hasKnownProcess) this.circuit.abandoned();
    else this.circuit.failed();
  }

  /** @returns False if the call must not be retried. */
  private async waitToRetry(
    call: Call,
    begun: number,
    tries: number,
    outcome: Outcome,
  ): Promise<boolean> {
    const isFailed = "error" in outcome;
    const isPatient = isFailed && call.isPatient === true;
    const isUnasked = isFailed && outcome.error instanceof NoBackendError;
    if (isUnasked && !isPatient) return false;
    const pauseMs = BACKOFF_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
    const leftMs = begun + call.deadlineMs - this.options.now();
    const maxAttempts = isPatient ? MAX_PATIENT_ATTEMPTS : MAX_ATTEMPTS;
    if (tries >= maxAttempts || leftMs <= pauseMs) return false;
    // An open circuit cost the backend nothing.
    if (!isUnasked && !this.budget.spend()) return false;
    await sleep(pauseMs, undefined, { signal: call.signal });
    return true;
  }
}

function avoid(avoided: Set<string>, { process }: Connection): void {
  if (process !== undefined) avoided.add(process);
}

function addTiming(cost: CallCost, { timing }: Answer): void {
  cost.dnsMs += timing.dnsMs;
  cost.connectMs += timing.connectMs;
  cost.waitMs += timing.waitMs;
  cost.transferMs += timing.transferMs;
}

const noCost = (): CallCost => ({
  dnsMs: 0,
  connectMs: 0,
  waitMs: 0,
  transferMs: 0,
  totalMs: 0,
  attempts: 0,
});
