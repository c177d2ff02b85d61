import { randomBytes } from "node:crypto";
import type { Cached, Instant } from "./storage-context";
import { copyObject, isObject, type JsonObject, parseObject } from "./json";

/** The format of a version's file. The data may have a format of its own. */
const FORMAT = 1;
export const VERSION = /^v([1-9]\d{0,14})$/;
const DAMAGED = /^v([1-9]\d{0,14})\.damaged$/;
/** The name of a marker file that is created before a tombstone. */
export const DELETING = "ending";

/** The newest version of a document when it was read. */
export interface DocumentVersion {
  number: number;
  /** Milliseconds since 1970, by the writer's clock. */
  savedAt: number;
  /** True if the document was deleted: no version follows, and the data is empty. */
  isTombstone: boolean;
  /** A copy that belongs to the reader. */
  data: JsonObject;
  /** The time of the listing in which this was the newest version. */
  listedAt: Instant;
}

/**
 * Versions that may be garbage-collected: all but the newest two.
 * The second-newest is the fallback if the newest is damaged.
 */
export function oldVersions(names: readonly string[]): string[] {
  return toFound(names, { monotonic: 0, wall: 0 })
    .numbers.slice(2)
    .map((number) => `v${number}`);
}

/** The names of all versions before this one, readable or not. */
export const oldVersionsBefore = (
  number: number,
  names: readonly string[],
): string[] =>
  numbersOf(names, VERSION)
    .filter((one) => one < number)
    .map((one) => `v${one}`);

/** The name of the newest version, readable or not. */
export function newestVersion(names: readonly string[]): string | undefined {
  const [newest] = numbersOf(names, VERSION);
  return newest === undefined ? undefined : `v${newest}`;
}

/** A listing of a document's folder. */
export interface Found {
  /** True if an unreadable newest version may be a tombstone. */
  isDeleting: boolean;
  /** Versions that are not marked as damaged, newest first. */
  numbers: number[];
  /** The number after the highest taken one. */
  next: number;
  names: readonly string[];
  newest?: DocumentVersion;
  listedAt: Instant;
}

export function toFound(names: readonly string[], listedAt: Instant): Found {
  const numbers = numbersOf(names, VERSION);
  const damaged = new Set(numbersOf(names, DAMAGED));
  return {
    isDeleting: names.includes(DELETING),
    numbers: numbers.filter((number) => !damaged.has(number)),
    next: (numbers[0] ?? 0) + 1,
    names,
    listedAt,
  };
}

function numbersOf(names: readonly string[], pattern: RegExp): number[] {
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => b - a);
}

/** The listing that follows from a version that was just read. */
export const foundFrom = (newest: DocumentVersion): Found => ({
  isDeleting: false,
  numbers: [newest.number],
  next: newest.number + 1,
  names: [],
  newest,
  listedAt: newest.listedAt,
});

export const token = () => randomBytes(12).toString("base64url");

/** A version in memory; each reader gets a copy. */
export class CachedVersion implements Cached {
  readonly weight: number;
  readonly savedAt: number;
  readonly isTombstone: boolean;
  /** Parsed at the first read: most versions that a process writes are never read by it. */
  private data: string | JsonObject;
  /** Older versions that may still be on disk, with the time at which they were superseded. */
  superseded = new Map<number, Instant>();

  /** @param saved Its data as text, or as a parsed object that no other code changes. */
  constructor(
    readonly number: number,
    saved: { savedAt: number; ended?: boolean; data?: string | JsonObject },
    characters: number,
  ) {
    this.savedAt = saved.savedAt;
    this.isTombstone = saved.ended === true;
    this.data = saved.data ?? {};
    this.weight = 2 * characters + 500;
  }

  toVersion(listedAt: Instant): DocumentVersion {
    const { number, savedAt, isTombstone } = this;
    if (typeof this.data === "string") this.data = parseObject(this.data) ?? {};
    return {
      number,
      savedAt,
      isTombstone,
      data: copyObject(this.data),
      listedAt,
    };
  }
}

/** @param data JSON; `undefined` for a tombstone. */
export function versionText(savedAt: number, data: string | undefined): string {
  const head = JSON.stringify({ format: FORMAT, token: token(), savedAt });
  const rest = data === undefined ? '"ended":true' : `"data":${data}`;
  return `${head.slice(0, -1)},${rest}}`;
}

export function parseVersion(
  number: number,
  text: string,
): CachedVersion | undefined {
  const saved = parseObject(text);
  if (saved?.format !== FORMAT) return undefined;
  const { savedAt, ended, data } = saved;
  if (typeof savedAt !== "number" || !Number.isFinite(savedAt))
    return undefined;
  if (ended === true) return new CachedVersion(number, { savedAt, ended }, 0);
  return isObject(data)
    ? new CachedVersion(number, { savedAt, data }, text.length)
    : undefined;
}
