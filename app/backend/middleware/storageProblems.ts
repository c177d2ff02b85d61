import { errorCode } from "../../shared/errorCode";
import { VisibleError } from "../../shared/errors";
import { StorageTimeoutError } from "../../shared/files/boundedFileSystem";

const KEPT =
  "What was saved before is kept. Please try again later; whoever runs this server must";

const full = `This could not be saved: the server's storage is full. ${KEPT} make room.`;

const reasons = new Map([
  ["ENOSPC", full],
  ["EDQUOT", full],
  [
    "EROFS",
    `This could not be saved: the server's storage can only be read. ${KEPT} look after it.`,
  ],
]);

const SILENT =
  "The server's storage does not answer at the moment. Nothing is lost; please try again in a minute.";

/**
 * What a client may be told of an error of the file system.
 *
 * @returns `undefined` if it is no such error, or one that says nothing to anybody.
 */
export function toStorageProblem(error: unknown): VisibleError | undefined {
  if (error instanceof StorageTimeoutError) {
    return new VisibleError(503, SILENT, { cause: error });
  }
  const reason = reasons.get(errorCode(error) ?? "");
  if (reason) return new VisibleError(507, reason, { cause: error });
  return error instanceof Error && error.cause !== undefined
    ? toStorageProblem(error.cause)
    : undefined;
}
