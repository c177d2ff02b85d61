import type { IncomingMessage, ServerResponse } from "node:http";
import { errorCode } from "./errors";

/** The status in logs and metrics of a client that left before its answer. It reaches no client. */
export const CLIENT_LEFT = 499;

const CODES = new Set([
  "ABORT_ERR",
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_ABORTED",
]);

/** True if the error is no fault: the client closed its connection, which ended the work for it. */
export function isDeparture(
  error: unknown,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): boolean {
  const hasLeft =
    (req.destroyed && !req.complete) || (res.closed && !res.writableFinished);
  return hasLeft && isDisconnect(error);
}

/** True for the errors of a connection that the other side closed. */
export function isDisconnect(error: unknown): boolean {
  const isAbort = error instanceof Error && error.name === "AbortError";
  return isAbort || CODES.has(errorCode(error) ?? "");
}
