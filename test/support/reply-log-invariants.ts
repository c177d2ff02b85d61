import type { LogRecord } from "../../app/backend/replies/log/records";

/** Records that clients of any process received. */
export interface Delivered {
  /** Lines that a writer or a reader delivered as committed. */
  committed: LogRecord[];
  /** The end, as each process that created or read it saw it. */
  ends: LogRecord[];
}

/**
 * The invariants of a reply log, as ARCHITECTURE.md argues for them. The exhaustive tests check them
 * in every state, scripts/stress-replies on real processes.
 *
 * @param lines The whole log, as a process reads it now.
 * @returns A sentence for each broken one.
 */
export function brokenInvariants(
  lines: LogRecord[],
  { committed, ends }: Delivered,
): string[] {
  const present = new Set(lines.map(same));
  const missing = (records: LogRecord[], what: string) =>
    records
      .filter((record) => !present.has(same(record)))
      .map((record) => `${what}: ${same(record)}`);
  const epochs = lines.filter(({ line }) => line["kind"] === "epoch");
  const numbers = epochs.map(({ offset }) => offset.entry);
  return [
    ...missing(committed, "a committed line was dropped"),
    ...missing(ends, "an acknowledged end was dropped"),
    ...(new Set(ends.map(same)).size > 1
      ? ["two processes ended the reply"]
      : []),
    ...(new Set(numbers).size < numbers.length
      ? ["two writers have one epoch"]
      : []),
  ];
}

const same = (record: LogRecord) => JSON.stringify(record);
