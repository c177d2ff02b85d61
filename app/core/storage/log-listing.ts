import type { Instant } from "./storage-context";

const ENTRY = /^[1-9]\d{0,14}$/;
const SEGMENT = /^([1-9]\d{0,14})-([1-9]\d{0,14})((?:_[1-9]\d{0,14})*)$/;

/** A file of a log: one entry or a segment. */
export interface LogFile {
  name: string;
  from: number;
  to: number;
  /** Numbers of the range that are not in the file. */
  holes: ReadonlySet<number>;
}

export const isSegment = (file: LogFile) => file.from < file.to;

export const covers = (file: LogFile, number: number) =>
  file.from <= number && number <= file.to && !file.holes.has(number);

/** The numbers of the entries in an undamaged file, in its order. */
export const numbersOf = (file: LogFile) =>
  range(file.from, file.to).filter((number) => !file.holes.has(number));

/** The number of entries in an undamaged file. */
export const entryCount = (file: LogFile) =>
  file.to - file.from + 1 - file.holes.size;

/** The name of a segment of this range that contains these numbers. */
export function segmentName(
  from: number,
  to: number,
  numbers: readonly number[],
): string {
  const present = new Set(numbers);
  const holes = range(from, to).filter((number) => !present.has(number));
  return `${from}-${to}${holes.map((number) => `_${number}`).join("")}`;
}

export function range(from: number, to: number): number[] {
  const numbers: number[] = [];
  for (let number = from; number <= to; number++) numbers.push(number);
  return numbers;
}

/** Shared, since almost every file has none. */
export const NO_HOLES: ReadonlySet<number> = new Set();

const NONE: ReadonlySet<LogFile> = new Set();

/** The entries of a log at one moment. */
export class LogListing {
  /** Segments first, the longest first; then single entries. */
  readonly files: readonly LogFile[];
  /** The highest taken number; 0 if there is none. */
  readonly last: number;
  private readonly segments: readonly LogFile[];
  private readonly single: ReadonlyMap<number, LogFile>;

  constructor(
    names: readonly string[],
    readonly listedAt: Instant,
  ) {
    this.files = names
      .map(toLogFile)
      .filter((file) => file !== undefined)
      .toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
    this.segments = this.files.filter(isSegment);
    const single = this.files.slice(this.segments.length);
    this.single = new Map(single.map((file) => [file.from, file]));
    this.last = this.files.reduce((last, s) => Math.max(last, lastOf(s)), 0);
  }

  /** This listing with one more entry, which has a file of its own. */
  with(number: number): LogListing {
    const names = this.files.map(({ name }) => name);
    return new LogListing([...names, String(number)], this.listedAt);
  }

  has(number: number): boolean {
    return (
      this.single.has(number) ||
      this.segments.some((segment) => covers(segment, number))
    );
  }

  /** The longest file that has an entry, of those that are not excluded. */
  fileWith(
    number: number,
    excluded: ReadonlySet<LogFile> = NONE,
  ): LogFile | undefined {
    const single = this.single.get(number);
    return (
      this.segments.find((s) => covers(s, number) && !excluded.has(s)) ??
      (single && !excluded.has(single) ? single : undefined)
    );
  }

  /** The taken numbers from `from` to `to`, both included, in ascending order. */
  between(from: number, to: number): number[] {
    const low = Math.max(from, 1);
    return range(low, Math.min(to, this.last)).filter((n) => this.has(n));
  }

  /** The last `count` taken numbers up to `to`, in ascending order. */
  newest(count: number, to: number = this.last): number[] {
    const found: number[] = [];
    for (let n = Math.min(to, this.last); n > 0 && found.length < count; n--) {
      if (this.has(n)) found.push(n);
    }
    return found.toReversed();
  }
}

function toLogFile(name: string): LogFile | undefined {
  if (ENTRY.test(name)) {
    const number = Number(name);
    return { name, from: number, to: number, holes: NO_HOLES };
  }
  const [, from, to, holes] = SEGMENT.exec(name) ?? [];
  if (!from || !to || Number(from) >= Number(to)) return undefined;
  const missing = holes?.split("_").slice(1).map(Number);
  return { name, from: Number(from), to: Number(to), holes: new Set(missing) };
}

function lastOf(file: LogFile): number {
  let last = file.to;
  while (file.holes.has(last)) last--;
  return last;
}
