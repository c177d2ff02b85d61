import type { IncomingHttpHeaders } from "node:http";
import type { Connection } from "./connections";

export interface Exchange {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Until the answer is complete. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  timing: ExchangeTiming;
}

/** Milliseconds; both times of the connection are 0 if it was open already. */
export interface ExchangeTiming {
  dnsMs: number;
  connectMs: number;
  /** From the connection to the answer's headers. */
  waitMs: number;
  /** From the headers to the end of the body. */
  transferMs: number;
}

/**
 * Sends one request and reads its whole answer.
 *
 * @throws DOMException `TimeoutError`; the signal's reason; or the connection's error.
 */
export async function exchange(
  connection: Connection,
  { signal, timeoutMs, ...request }: Exchange,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  const begun = performance.now();
  const { statusCode, headers, body } = await connection.client.request({
    ...request,
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  const answered = performance.now();
  const bytes = Buffer.from(await body.arrayBuffer());
  const { dnsMs, connectedAt } = connection;
  const isNew = connectedAt > begun;
  const sent = isNew ? connectedAt : begun;
  return {
    status: statusCode,
    headers,
    body: bytes,
    timing: {
      dnsMs: isNew ? dnsMs : 0,
      connectMs: isNew ? sent - begun - dnsMs : 0,
      waitMs: answered - sent,
      transferMs: performance.now() - answered,
    },
  };
}
