import type { Logger } from "../core/runtime/log";

/** What the middleware has found out of a request before a route sees it. */
export interface BackendState {
  requestId: string;
  /** Writes the request's id on every line. */
  log: Logger;
  /** The name of the operation, for metrics; absent where no route took the request. */
  operation?: string;
  /** The name of the owner's folder: the SHA-256, in hex, of the owner's id. */
  ownerHash: string;
  /** Aborts when the caller has gone, or when the deadline that it gave has passed. */
  signal: AbortSignal;
}
