import type { LogEntry } from "./log-lines";

/** Balances the wait for a network file system against memory: entries may have megabytes. */
const MOST_ENTRIES = 8;
/** Expected characters of a batch. */
const CHARACTERS = 1024 * 1024;

/**
 * Reads entries in this order, a few at a time. The first batch is one entry, since many readers need no more.
 * The lengths of one batch decide on the size of the next.
 *
 * @param recall Finds an entry that is in memory anyway.
 */
export async function* readInBatches(
  numbers: readonly number[],
  read: (some: number[]) => Promise<LogEntry[]>,
  recall: (number: number) => LogEntry | undefined,
): AsyncGenerator<LogEntry, void> {
  let count = 1;
  for (let from = 0; from < numbers.length;) {
    const known = recall(numbers[from]!);
    if (known) {
      yield known;
      from++;
      continue;
    }
    const entries = await read(numbers.slice(from, from + count));
    yield* entries;
    from += count;
    const length = entries.reduce((sum, entry) => sum + lengthOf(entry), 1);
    const fitting = Math.floor((CHARACTERS * entries.length) / length);
    count = Math.max(1, Math.min(2 * count, MOST_ENTRIES, fitting));
  }
}

/** The characters of an entry's texts. */
const lengthOf = (entry: LogEntry): number =>
  Object.values(entry).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
