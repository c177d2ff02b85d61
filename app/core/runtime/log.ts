import pino, { type Logger } from "pino";

export type { Logger };

/** What a line holds of an error: its message, its stack and its causes. */
export const errorLine: (error: unknown) => unknown = pino.stdSerializers
  .err as (error: unknown) => unknown;

/**
 * A logger that writes JSON lines on standard output.
 *
 * @param level From which level up.
 * @param base What every line carries: the process's role and host.
 */
export function createLog(level: string, base: Record<string, string>): Logger {
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: errorLine },
    // Neither ever belongs in a log, whoever passes it by mistake.
    redact: ["headers.authorization", "headers.cookie"],
  };
  // Else lines wait for a thread, which a disk that hangs may hold, and are lost with the process.
  return pino(options, pino.destination({ fd: 1, sync: true }));
}
