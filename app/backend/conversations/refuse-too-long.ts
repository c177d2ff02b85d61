import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";

/** @throws VisibleError (413) if a message has more bytes than one may have. */
export function refuseTooLong(text: string): void {
  if (Buffer.byteLength(text) <= limits.messageBytes) return;
  throw new VisibleError(
    413,
    `The message is longer than ${limits.messageBytes / 1024 ** 2} MB. Shorten it, or send it in parts.`,
  );
}
