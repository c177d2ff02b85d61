import { limits } from "../../core/domain/records";

/** In a form each byte of text may take three, and a line break six (CR LF). */
const ENCODED = 6;

/** The other fields of a form, encoded: ids, keys, names of models. */
const OTHER_FIELDS_BYTES = 16 * 1024;

const encoded = (bytes: number) => ENCODED * bytes + OTHER_FIELDS_BYTES;

/** Stop, Retry and the continued page submit the message box too, so that its text is kept. */
const WITH_MESSAGE =
  /^\/conversations(?:\/[^/]+(?:\/messages|\/replies\/[^/]+\/(?:stop|retry))?)?$/;

const WITH_INSTRUCTIONS =
  /^\/(?:projects(?:\/[^/]+)?|settings\/(?:instructions|prompts(?:\/[^/]+)?)|conversations\/[^/]+\/options)$/;

/** The longest body that the form at this address can have. */
export function maxFormBytes(path: string): number {
  if (WITH_MESSAGE.test(path)) return encoded(limits.messageBytes);
  if (WITH_INSTRUCTIONS.test(path)) return encoded(limits.instructionsBytes);
  return OTHER_FIELDS_BYTES;
}

const WITH_FILES = /^\/conversations(?:\/[^/]+\/messages)?\/?$/;

/** The address of the form that brings a file to import. */
const WITH_IMPORT = /^\/data\/imports\/?$/;

/** The longest file that the form at this address can have; `undefined` for a form without files. */
export function maxFileBytes(path: string): number | undefined {
  if (WITH_FILES.test(path)) return limits.fileBytes;
  return WITH_IMPORT.test(path) ? limits.importBytes : undefined;
}
