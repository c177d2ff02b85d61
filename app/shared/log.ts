import pino, { type Logger } from "pino";

export type { Logger };

/**
 * A logger that writes JSON lines on standard output.
 *
 * @param level From which level up.
 * @param base What every line carries: the process's role and host.
 */
export function createLog(level: string, base: Record<string, string>): Logger {
  return pino({
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
    // Neither ever belongs in a log, whoever passes it by mistake.
    redact: ["headers.authorization", "headers.cookie"],
  });
}
