import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** What is asked of one backend. */
export interface Exchange {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Until the answer is whole, from now on. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  timing: ExchangeTiming;
}

/** Milliseconds. */
export interface ExchangeTiming {
  /** Until there was a connection for it: next to nothing, where one was at hand. */
  connectMs: number;
  /** Until the answer began. */
  waitMs: number;
  /** Until the answer was whole. */
  transferMs: number;
}

export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/** No answer of the API is as long. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Sends one request and reads its whole answer.
 *
 * @throws TimeoutError; the signal's reason; or the error of the connection.
 */
export function exchange(
  dispatcher: Dispatcher,
  given: Exchange,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs, ...options } = given;
    const handler = new Collector(resolve, reject);
    const timer = setTimeout(
      () => handler.abort(new TimeoutError(`No answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onAbort = () => handler.abort(signal?.reason as Error);
    handler.onSettled = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    dispatcher.dispatch(options, handler);
  });
}

class Collector implements Dispatcher.DispatchHandler {
  onSettled: () => void = () => undefined;
  private readonly begun = performance.now();
  private sent = this.begun;
  private answered = this.begun;
  private controller?: Dispatcher.DispatchController;
  private reason?: Error;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private readonly chunks: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** Also before there is a connection: what was not sent yet never will be. */
  abort(reason: Error): void {
    this.reason = reason;
    this.controller?.abort(reason);
    this.fail(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.sent = performance.now();
    if (this.reason) controller.abort(this.reason);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.answered = performance.now();
    this.status = status;
    this.headers = headers;
  }

  onResponseData(
    controller: Dispatcher.DispatchController,
    chunk: Buffer,
  ): void {
    this.length += chunk.length;
    if (this.length > MAX_BYTES) {
      controller.abort(
        new Error(`The answer is longer than ${MAX_BYTES} bytes`),
      );
    } else {
      this.chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    this.onSettled();
    this.resolve({
      status: this.status,
      headers: this.headers,
      body: Buffer.concat(this.chunks),
      timing: {
        connectMs: this.sent - this.begun,
        waitMs: this.answered - this.sent,
        transferMs: performance.now() - this.answered,
      },
    });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.reason ?? error);
  }

  private fail(error: Error): void {
    this.onSettled();
    this.reject(error);
  }
}
