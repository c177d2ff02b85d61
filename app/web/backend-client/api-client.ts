import { randomUUID } from "node:crypto";
import { Counter, Histogram, type Registry } from "prom-client";
import type { z } from "zod";
import type { Operation } from "../../core/api/operation";
import { VisibleError } from "../../core/domain/errors";
import type { Logger } from "../../core/runtime/log";
import {
  type OperationId,
  operations,
  Problem,
} from "../../core/api/operations";
import type { ApiContext } from "./api";
import type { CallCost, Transport } from "./transport";
import type { Answer } from "./transport/exchange";

/** What one operation is called with. */
export interface Input<O extends Operation> {
  params?: z.input<O["params"]>;
  query?: z.input<O["query"]>;
  body?: z.input<O["body"]>;
  /** Makes it safe to send twice; one is made where none is given. */
  key?: string;
  /** The tag of an earlier answer: if that is still right, nothing is answered. */
  etag?: string;
}

/** An answer, or that the one which the tag names is still right. */
export type Reply<O extends Operation> =
  { value: z.output<O["answer"]>; etag?: string; bytes: number } | "unchanged";

export interface ApiClientOptions {
  transport: Pick<Transport, "send">;
  /** The host that requests name. */
  host: string;
  log: Logger;
  metrics: Registry;
  /** See {@link PATIENCE}. */
  patience?: Patience;
}

/** Milliseconds for all attempts of a call, and for one of them. */
interface Limits {
  deadlineMs: number;
  attemptMs: number;
  isPatient?: boolean;
}

/** How long calls may take. */
export interface Patience {
  read: Limits;
  write: Limits;
}

/** What a visitor waits for a page, and, more gladly, for what they sent to be safe. */
const PATIENCE: Patience = {
  read: { deadlineMs: 6_000, attemptMs: 2_500 },
  write: { deadlineMs: 15_000, attemptMs: 6_000, isPatient: true },
};

/** Without a problem of ours these are a proxy's word: there is no backend behind it now. */
const PROXY_ERRORS = new Set([502, 503, 504]);

const UNREACHABLE =
  "Keepsake can't reach its records at the moment. Nothing is lost; please try again in a few seconds.";

type Operations = typeof operations;

/** Calls the operations of the API: what goes out and what comes in is as its description says. */
export class ApiClient {
  private readonly seconds: Histogram<"operation" | "phase">;
  private readonly calls: Counter<"operation" | "status">;
  private readonly attempts: Counter<"operation">;
  private readonly patience: Patience;

  constructor(private readonly options: ApiClientOptions) {
    this.patience = options.patience ?? PATIENCE;
    const registers = [options.metrics];
    this.seconds = new Histogram({
      name: "keepsake_api_call_seconds",
      help: "What calls of the backend cost, by operation and phase: dns, connect, wait, transfer, total.",
      labelNames: ["operation", "phase"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5],
      registers,
    });
    this.calls = new Counter({
      name: "keepsake_api_calls_total",
      help: "Calls of the backend, by operation and status; 0 where none was answered.",
      labelNames: ["operation", "status"],
      registers,
    });
    this.attempts = new Counter({
      name: "keepsake_api_retries_total",
      help: "Calls that were sent again, by operation.",
      labelNames: ["operation"],
      registers,
    });
  }

  /**
   * @param signal Ends the call; by default the visitor's going.
   * @throws VisibleError with the backend's own sentence; 503 if it can't be reached.
   */
  async call<I extends OperationId>(
    context: ApiContext,
    id: I,
    input: Input<Operations[I]>,
    signal = context.signal,
  ): Promise<Reply<Operations[I]>> {
    const operation: Operation = operations[id];
    const answer = await this.send(context, id, input, signal);
    if (answer.status === 304) return "unchanged";
    if (answer.status !== operation.status) throw toError(answer);
    const { etag } = answer.headers;
    const result = operation.answer.safeParse(parse(answer));
    if (!result.success) {
      throw new Error(`${id} was answered with something else`, {
        cause: result.error,
      });
    }
    return {
      value: result.data as z.output<Operations[I]["answer"]>,
      etag: typeof etag === "string" ? etag : undefined,
      bytes: answer.body.length,
    };
  }

  /** Whether a backend says that it is ready. */
  async isReady(signal: AbortSignal): Promise<boolean> {
    try {
      const { answer } = await this.options.transport.send({
        ...this.patience.read,
        method: "GET",
        path: "/readyz",
        headers: { host: this.options.host },
        signal,
      });
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  private async send(
    context: ApiContext,
    id: OperationId,
    input: Input<Operation>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const operation: Operation = operations[id];
    const isRead = operation.method === "get";
    try {
      const { answer, cost } = await this.options.transport.send({
        ...(isRead ? this.patience.read : this.patience.write),
        method: operation.method.toUpperCase(),
        path: pathOf(operation, input),
        headers: this.headers(context, operation, input),
        body: input.body === undefined ? undefined : JSON.stringify(input.body),
        signal,
      });
      this.measure(context, id, answer.status, cost);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      this.calls.inc({ operation: id, status: 0 });
      const { requestId } = context;
      this.options.log.error({ error, requestId, operation: id }, "no answer");
      throw new VisibleError(503, UNREACHABLE, { cause: error });
    }
  }

  private headers(
    context: ApiContext,
    operation: Operation,
    { key, etag, body }: Input<Operation>,
  ): Record<string, string> {
    return {
      ...contextHeaders(context, this.options.host),
      ...(etag && { "if-none-match": etag }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(operation.repeatable === "keyed" && {
        "idempotency-key": encodeURIComponent(key ?? randomUUID()),
      }),
    };
  }

  private measure(
    { calls }: ApiContext,
    operation: OperationId,
    status: number,
    cost: CallCost,
  ): void {
    const { dnsMs, connectMs, waitMs, transferMs, totalMs, attempts } = cost;
    calls.push({
      name: operation,
      cached: false,
      dnsMs,
      connectMs,
      waitMs,
      transferMs,
      totalMs,
    });
    const phases = {
      dns: dnsMs,
      connect: connectMs,
      wait: waitMs,
      transfer: transferMs,
      total: totalMs,
    };
    for (const [phase, ms] of Object.entries(phases)) {
      this.seconds.observe({ operation, phase }, ms / 1000);
    }
    this.calls.inc({ operation, status });
    if (attempts > 1) this.attempts.inc({ operation }, attempts - 1);
  }
}

/** For whom, and in which request, a call is made. */
export function contextHeaders(
  { owner, requestId, trace }: ApiContext,
  host: string,
): Record<string, string> {
  return {
    host,
    "keepsake-owner": encodeURIComponent(owner),
    "x-request-id": requestId,
    ...trace,
  };
}

function pathOf(operation: Operation, input: Input<Operation>): string {
  const params = new Map(Object.entries(Object(input.params)));
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params.get(name))),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(Object(input.query))) {
    if (value !== undefined) query.set(name, value as string);
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** The backend's own sentence, where it gave one. */
function toError(answer: Pick<Answer, "status" | "body">): Error {
  const { status } = answer;
  const problem = Problem.safeParse(parse(answer));
  if (status === 401) {
    return new Error(
      "The backend knows none of this process's INTERNAL_TOKENs",
    );
  }
  if (!problem.success) {
    const cause = new Error(`The backend answered ${status}`);
    return PROXY_ERRORS.has(status)
      ? new VisibleError(503, UNREACHABLE, { cause })
      : cause;
  }
  return new VisibleError(status, problem.data.detail);
}

function parse({ body }: Pick<Answer, "body">): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
