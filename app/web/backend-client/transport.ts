import { setTimeout as sleep } from "node:timers/promises";
import type { Tokens } from "../../core/config/tokens";
import type { Backend } from "./transport/backend";
import type { Connection } from "./transport/connections";
import { type Backends, NoBackendError } from "./transport/backends";
import { type Answer, exchange, type Exchange } from "./transport/exchange";
import { RetryBudget } from "./transport/retry-budget";

/** One call, to whichever backend. */
export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Milliseconds for everything, and for one attempt. */
  deadlineMs: number;
  attemptMs: number;
  /** Whether to wait for a backend where none answers, or to be told so at once. */
  isPatient?: boolean;
  signal?: AbortSignal;
}

/** What a call has cost, in milliseconds, all attempts together. */
export interface CallCost {
  dnsMs: number;
  connectMs: number;
  waitMs: number;
  transferMs: number;
  totalMs: number;
  attempts: number;
}

export interface TransportOptions {
  backends: Backends;
  tokens: Tokens;
  /** Milliseconds, never set back. */
  now: () => number;
}

const MAX_ATTEMPTS = 4;

/** Three seconds at most, with the pauses between them: what a pod takes that comes in for another. */
const MAX_PATIENT_ATTEMPTS = 8;

/** Before the second attempt at most; twice as much before each one after. */
const BACKOFF_MS = 25;

/** How many failures in a row one backend may have, while there are others and while there are none. */
const TOLERATED_OF_MANY = 0;
const TOLERATED_OF_ONE = 4;

/** What one attempt came to. */
type Result = { answer: Answer } | { error: unknown };

/** Where a call has failed: it is sent elsewhere, if it can be. */
interface Avoided {
  backends: Set<Backend>;
  processes: Set<string>;
}

/** Answers of a backend that can't now: another one may. */
const BUSY = new Set([502, 503, 504]);

/**
 * Sends calls to the backends, each within its deadline. A call that failed without an answer is
 * sent again, elsewhere if possible: every operation of the API may be repeated, by itself or by
 * its idempotency key.
 */
export class Transport {
  private readonly budget = new RetryBudget();

  constructor(private readonly options: TransportOptions) {}

  /**
   * @returns The answer, whatever its status.
   * @throws NoBackendError while all backends are dead, at once or after the patience of the call;
   *   TimeoutError; the signal's reason; the connection's error, when all attempts have failed.
   */
  async send(call: Call): Promise<{ answer: Answer; cost: CallCost }> {
    const begun = this.options.now();
    const cost = noCost();
    const avoided: Avoided = { backends: new Set(), processes: new Set() };
    this.budget.earn();
    for (let tries = 1; ; tries++) {
      const leftMs = begun + call.deadlineMs - this.options.now();
      const result = await this.attempt(call, leftMs, avoided, cost);
      cost.totalMs = this.options.now() - begun;
      if ("answer" in result && !BUSY.has(result.answer.status)) {
        return { answer: result.answer, cost };
      }
      if (!(await this.mayRepeat(call, begun, tries, result))) {
        if ("answer" in result) return { answer: result.answer, cost };
        throw result.error;
      }
    }
  }

  /** A backend for a connection that lasts; it is to be told whether that was made. */
  async pick(): Promise<{
    backend: Backend;
    settle: (found: "up" | "down" | "unknown") => void;
  }> {
    await this.options.backends.refreshIfDue();
    const backend = this.options.backends.pick(new Set());
    this.begin(backend);
    const settle = (found: "up" | "down" | "unknown") => {
      backend.busy -= 1;
      if (found === "up") backend.circuit.succeeded();
      else if (found === "down") this.fail(backend);
      else backend.circuit.abandoned();
    };
    return { backend, settle };
  }

  private async attempt(
    call: Call,
    leftMs: number,
    avoided: Avoided,
    cost: CallCost,
  ): Promise<Result> {
    const backend = await this.choose(avoided, cost);
    if (backend instanceof NoBackendError) return { error: backend };
    this.begin(backend);
    const isRetry = cost.attempts > 0;
    const { processes } = avoided;
    const connection = backend.connections.take(processes, isRetry);
    cost.attempts += 1;
    try {
      const timeoutMs = Math.max(1, Math.min(call.attemptMs, leftMs));
      const answer = await this.exchange(connection, call, timeoutMs);
      backend.circuit.succeeded();
      addTiming(cost, answer);
      if (BUSY.has(answer.status)) avoid(avoided, backend, connection);
      return { answer };
    } catch (error) {
      if (call.signal?.aborted) {
        backend.circuit.abandoned();
        throw error;
      }
      avoid(avoided, backend, connection);
      this.lose(backend, connection);
      return { error };
    } finally {
      backend.busy -= 1;
      connection.busy -= 1;
    }
  }

  private async choose(
    avoided: Avoided,
    cost: CallCost,
  ): Promise<Backend | NoBackendError> {
    const { backends } = this.options;
    try {
      cost.dnsMs += await backends.refreshIfDue();
      return backends.pick(avoided.backends);
    } catch (error) {
      if (error instanceof NoBackendError) return error;
      throw error;
    }
  }

  /** With the newest token; where that is not known yet, with those before it. */
  private async exchange(
    connection: Connection,
    call: Call,
    timeoutMs: number,
  ): Promise<Answer> {
    const { tokens } = this.options;
    const send = async (token: string) => {
      const sent = toExchange(call, token, timeoutMs);
      const answer = await exchange(connection.client, sent);
      const process = answer.headers["keepsake-process"];
      if (typeof process === "string") connection.process = process;
      return answer;
    };
    for (const token of await tokens.current()) {
      const answer = await send(token);
      if (answer.status !== 401) return answer;
    }
    const [token = ""] = await tokens.renewed();
    return send(token);
  }

  private begin(backend: Backend): void {
    backend.busy += 1;
    backend.circuit.begin();
  }

  /** A process may have died; its address has only if no other process answers there. */
  private lose(backend: Backend, connection: Connection): void {
    const { connections, circuit } = backend;
    connections.lose(connection);
    if (connections.hasMet && this.options.backends.count === 1) {
      circuit.abandoned();
    } else {
      this.fail(backend);
    }
  }

  private fail(backend: Backend): void {
    const { backends } = this.options;
    backend.circuit.failed(
      backends.count > 1 ? TOLERATED_OF_MANY : TOLERATED_OF_ONE,
    );
    // It may have gone, and others may have come.
    void backends.refreshEarly();
  }

  private async mayRepeat(
    call: Call,
    begun: number,
    tries: number,
    result: Result,
  ): Promise<boolean> {
    const isWaiting = "error" in result && call.isPatient === true;
    const isNobody =
      "error" in result && result.error instanceof NoBackendError;
    if (isNobody && !isWaiting) return false;
    const waitMs = BACKOFF_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
    const leftMs = begun + call.deadlineMs - this.options.now();
    const most = isWaiting ? MAX_PATIENT_ATTEMPTS : MAX_ATTEMPTS;
    if (tries >= most || leftMs <= waitMs) return false;
    // Nobody was asked: that costs no backend anything.
    if (!isNobody && !this.budget.spend()) return false;
    await sleep(waitMs, undefined, { signal: call.signal });
    return true;
  }
}

function avoid(
  { backends, processes }: Avoided,
  backend: Backend,
  { process }: Connection,
): void {
  backends.add(backend);
  if (process !== undefined) processes.add(process);
}

function toExchange(call: Call, token: string, timeoutMs: number): Exchange {
  return {
    method: call.method,
    path: call.path,
    headers: {
      ...call.headers,
      authorization: `Bearer ${token}`,
      "keepsake-deadline-ms": String(Math.ceil(timeoutMs)),
    },
    body: call.body,
    timeoutMs,
    signal: call.signal,
  };
}

function addTiming(cost: CallCost, { timing }: Answer): void {
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
