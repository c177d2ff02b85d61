import { errorCode } from "../runtime/errors";

const ofAFile = ["EACCES", "EPERM", "EISDIR", "ELOOP", "ENXIO"];

/** Whether a file itself can't be read. All other errors are of the file system: it may be well. */
export function isUnreadable(error: unknown): boolean {
  return ofAFile.includes(errorCode(error) ?? "");
}
