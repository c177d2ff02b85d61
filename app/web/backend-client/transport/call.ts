import type { IncomingHttpHeaders } from "node:http";

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

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Answers of a process that cannot serve now; another one may. */
const UNAVAILABLE = new Set([502, 503, 504]);

export const isUnavailable = ({ status }: Pick<Answer, "status">) =>
  UNAVAILABLE.has(status);

/** The result of one attempt. */
export type Outcome = { answer: Answer } | { error: unknown };

/** The cost of a call in milliseconds, all answered attempts together. */
export class CallCost {
  /** This and `connectMs` are 0 where the connection was open already. */
  dnsMs = 0;
  connectMs = 0;
  /** From the connection to the answer's headers. */
  waitMs = 0;
  /** From the headers to the end of the body. */
  transferMs = 0;
  /** Failed attempts and pauses included. */
  totalMs = 0;
  attempts = 0;
}

/** The circuit is open: no process of the backend has answered recently. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
  /** @param cause The last failure of a call, such as a certificate that can't be verified. */
  constructor(cause?: unknown) {
    super("No process of the backend answers", { cause });
  }
}
