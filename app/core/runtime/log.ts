import pino, { type Logger } from "pino";

export type { Logger };

/** An error as a log line has it: message, stack and causes. */
export const errorLine: (error: unknown) => unknown = pino.stdSerializers
  .err as (error: unknown) => unknown;

/**
 * Creates a logger that writes JSON lines to standard output.
 *
 * @param level The lowest level that is written.
 * @param base Fields of every line: the process's role and host.
 */
export function createLog(level: string, base: Record<string, string>): Logger {
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: errorLine },
    // A safeguard: no caller should pass these.
    redact: ["headers.authorization", "headers.cookie"],
  };
  // Asynchronous lines would wait for a thread, which a hung disk may hold, and be lost on exit.
  return pino(options, pino.destination({ fd: 1, sync: true }));
}
