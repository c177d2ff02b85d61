import { sentence } from "../../core/texts/catalogue";
import { createHash } from "node:crypto";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";

/**
 * Checks a message before it is sent anywhere.
 *
 * @param hasFiles True if it may be without text.
 * @throws VisibleError 400 if it is empty, 413 if it is too long: with what to do.
 */
export function checkMessage(text: string, hasFiles = false): void {
  if (!hasFiles && !isVisible(text)) {
    throw new VisibleError(400, sentence("problem.messageEmpty"));
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.messageBytes) {
    throw new VisibleError(
      413,
      sentence("problem.messageTooLong", {
        size: megabytes(bytes),
        limit: megabytes(limits.messageBytes),
      }),
    );
  }
}

/**
 * The key under which a message is taken once, however often it is sent. It depends on the text
 * and the files too: what was changed before it was sent again is another message.
 */
export function messageKey(
  formKey: string,
  text: string,
  files: readonly string[] = [],
): string | undefined {
  if (formKey === "") return undefined;
  return createHash("sha256")
    .update([formKey, text, ...files].join("\n"))
    .digest("base64url")
    .slice(0, 32);
}

/** Rounded up, so that a text over the limit never shows as the limit itself. */
const megabytes = (bytes: number) =>
  sentence("size.megabytes", {
    number: Math.ceil((bytes / 1024 ** 2) * 100) / 100,
  });
