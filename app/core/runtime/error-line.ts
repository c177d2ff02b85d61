import { errorCode } from "./errors";

/** An error in a log line. */
export interface ErrorLine {
  type: string;
  message: string;
  code?: string;
  /** The calls, without the message that `Error.stack` repeats. */
  stack?: string;
  cause?: ErrorLine;
}

/** Balances the size of a line against a long path or a model's complaint. */
const MESSAGE_LENGTH = 1_000;
const STACK_LENGTH = 4_000;
const CAUSES = 4;

/**
 * Describes an error by these fields alone. Other fields may hold a request: Node's parse errors
 * carry its raw bytes, with cookies and texts.
 */
export function errorLine(error: unknown, causes = CAUSES): ErrorLine {
  if (!isError(error)) {
    return { type: typeof error, message: shortened(messageOf(error)) };
  }
  const code = errorCode(error);
  const stack = callsIn(error);
  return {
    type: error.name,
    message: shortened(error.message),
    ...(code !== undefined && { code: code.slice(0, MESSAGE_LENGTH) }),
    ...(stack !== "" && { stack }),
    ...(error.cause !== undefined &&
      causes > 0 && { cause: errorLine(error.cause, causes - 1) }),
  };
}

/** Not `instanceof Error`: an error may come from another realm. */
const isError = (error: unknown): error is Error =>
  typeof error === "object" &&
  error !== null &&
  "message" in error &&
  typeof error.message === "string";

/** An object that is no error is not shown: its fields are unknown. */
const messageOf = (thrown: unknown): string =>
  typeof thrown === "object" && thrown !== null
    ? "(an object that is no error)"
    : String(thrown);

/** Cuts a text in the middle of a log line, and says so. */
export const shortened = (text: string, length = MESSAGE_LENGTH): string =>
  text.length <= length
    ? text
    : `${text.slice(0, length)}… (${text.length} characters)`;

function callsIn({ stack = "" }: Error): string {
  const calls = stack.split("\n").filter((line) => /^ {4}at /.test(line));
  return calls.join("\n").slice(0, STACK_LENGTH);
}
