import type { Instant } from "./storage-context";

const ENTRY = /^[1-9]\d{0,14}$/;
const SEGMENT = /^([1-9]\d{0,14})-([1-9]\d{0,14})((?:_[1-9]\d{0,14})*)$/;

/** A file of a log: one entry, or a segment of many. */
export interface LogFile {
  name: string;
  /** The range of numbers. */
  from: number;
  to: number;
  /** Numbers of the range that aren't in the file. */
  holes: ReadonlySet<number>;
}

export const isSegment = (source: LogFile) => source.from < source.to;

export const covers = (source: LogFile, number: number) =>
  source.from <= number && number <= source.to && !source.holes.has(number);

/** How many entries the file holds if it is whole. */
export const entryCount = (source: LogFile) =>
  source.to - source.from + 1 - source.holes.size;

/** The name of the segment that holds these numbers, ascending, of the range. */
export function segmentName(
  from: number,
  to: number,
  numbers: readonly number[],
): string {
  const present = new Set(numbers);
  const holes = range(from, to).filter((number) => !present.has(number));
  return `${from}-${to}${holes.map((number) => `_${number}`).join("")}`;
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** Which entries a log had at one moment. */
export class LogListing {
  /** Segments first, the longest first; then single entries. */
  readonly files: readonly LogFile[];
  /** The highest number that is taken; 0 if none is. */
  readonly last: number;
  private readonly segments: readonly LogFile[];
  private readonly single: ReadonlySet<number>;

  constructor(
    names: readonly string[],
    readonly listedAt: Instant,
  ) {
    this.files = names
      .flatMap((name) => toSource(name) ?? [])
      .toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
    this.segments = this.files.filter(isSegment);
    const single = this.files.slice(this.segments.length);
    this.single = new Set(single.map((source) => source.from));
    this.last = this.files.reduce((last, s) => Math.max(last, lastOf(s)), 0);
  }

  has(number: number): boolean {
    return (
      this.single.has(number) ||
      this.segments.some((segment) => covers(segment, number))
    );
  }

  /** The numbers from `from` to `to`, both included, that are taken; ascending. */
  between(from: number, to: number): number[] {
    const low = Math.max(from, 1);
    return range(low, Math.min(to, this.last)).filter((n) => this.has(n));
  }

  /** The last `count` numbers that are taken and at most `to`; ascending. */
  newest(count: number, to: number = this.last): number[] {
    const found: number[] = [];
    for (let n = Math.min(to, this.last); n > 0 && found.length < count; n--) {
      if (this.has(n)) found.push(n);
    }
    return found.toReversed();
  }
}

function toSource(name: string): LogFile | undefined {
  if (ENTRY.test(name)) {
    const number = Number(name);
    return { name, from: number, to: number, holes: new Set() };
  }
  const [, from, to, holes] = SEGMENT.exec(name) ?? [];
  if (!from || !to || Number(from) >= Number(to)) return undefined;
  const missing = holes?.split("_").slice(1).map(Number);
  return { name, from: Number(from), to: Number(to), holes: new Set(missing) };
}

function lastOf(source: LogFile): number {
  let last = source.to;
  while (source.holes.has(last)) last--;
  return last;
}
