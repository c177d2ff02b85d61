import type { Logger } from "../core/runtime/log";

/** Set by the middleware before a route runs. */
export interface BackendState {
  requestId: string;
  /** Adds the request's id to every line. */
  log: Logger;
  /** The name of the operation, for metrics; absent where no route took the request. */
  operation?: string;
  /** The owner's id. No record has it. */
  owner: string;
  /** The name of the owner's folder: the SHA-256, in hex, of the owner's id. */
  ownerHash: string;
  /** Aborts when the client disconnects or its deadline passes. */
  signal: AbortSignal;
}
