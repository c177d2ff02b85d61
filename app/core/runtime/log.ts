import pino, { type DestinationStream, type LogFn, type Logger } from "pino";
import { errorLine, shortened } from "./error-line";

export type { Logger };

/**
 * Creates a logger that writes JSON lines to standard output.
 *
 * @param level The lowest level that is written.
 * @param base Fields of every line: the process's role and host.
 * @param destination Replaces standard output in tests.
 */
export function createLog(
  level: string,
  base: Record<string, string>,
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: errorLine },
    // A safeguard: no caller should pass these.
    redact: ["headers.authorization", "headers.cookie"],
    hooks: { logMethod: boundMessage },
  };
  return pino(options, destination);
}

// Asynchronous lines would wait for a thread, which a hung disk may hold, and be lost on exit.
const standardOutput = () => pino.destination({ fd: 1, sync: true });

/** A message may hold a text of a model's server or of the file system. */
function boundMessage(
  this: Logger,
  args: Parameters<LogFn>,
  write: LogFn,
): void {
  const bound = args.map((part: unknown) =>
    typeof part === "string" ? shortened(part) : part,
  );
  write.apply(this, bound as Parameters<LogFn>);
}

/** A path for the log: the token of a shared link opens it. */
export const withoutToken = (path: string): string =>
  path.replace(/(\/shared\/)[^/]+/i, "$1…");
