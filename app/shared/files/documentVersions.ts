import { randomBytes } from "node:crypto";
import type { Cached, Instant } from "./Files";
import { isObject, type JsonObject, parseObject } from "./json";

/** Of a version's file. The data may have a format of its own. */
export const FORMAT = 1;
export const VERSION = /^v([1-9]\d{0,14})$/;
const DAMAGED = /^v([1-9]\d{0,14})\.damaged$/;

/** One version of a document, and the newest when it was read. */
export interface DocumentVersion {
  number: number;
  /** Milliseconds since 1970, by the clock of who saved it. */
  savedAt: number;
  /** Whether it is the tombstone: nothing comes after it. Its data is empty. */
  ended: boolean;
  /** The reader's own copy. */
  data: JsonObject;
  /** When the folder was listed of which this was the newest version. */
  listedAt: Instant;
}

/**
 * Of the names in a document's folder, those of versions that are not needed once the newest has
 * been there for a while: all but the newest and the one before, which serves if that is damaged.
 */
export function oldVersions(names: readonly string[]): string[] {
  return toFound(names, { monotonic: 0, wall: 0 })
    .numbers.slice(2)
    .map((number) => `v${number}`);
}

/** The name of the newest version, readable or not; `undefined` if there is none. */
export function newestVersion(names: readonly string[]): string | undefined {
  const [newest] = numbersOf(names, VERSION);
  return newest === undefined ? undefined : `v${newest}`;
}

/** What a listing of a document's folder tells. */
export interface Found {
  /** Of versions that are not marked as damaged, newest first. */
  numbers: number[];
  /** The number after the highest that is taken. */
  next: number;
  names: readonly string[];
  newest?: DocumentVersion;
  listedAt: Instant;
}

export function toFound(names: readonly string[], listedAt: Instant): Found {
  const numbers = numbersOf(names, VERSION);
  const damaged = new Set(numbersOf(names, DAMAGED));
  return {
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

export const at = (newest: DocumentVersion): Found => ({
  numbers: [newest.number],
  next: newest.number + 1,
  names: [],
  newest,
  listedAt: newest.listedAt,
});

export const token = () => randomBytes(12).toString("base64url");

/** A version in memory: as text, since every reader gets a copy of its own. */
export class KnownVersion implements Cached {
  readonly weight: number;
  readonly savedAt: number;
  readonly ended: boolean;
  private readonly text: string;
  /** Older versions that may still be on disk, and since when they are known to be superseded. */
  superseded = new Map<number, Instant>();

  constructor(
    readonly number: number,
    saved: { savedAt: number; ended?: boolean; data?: JsonObject },
  ) {
    this.savedAt = saved.savedAt;
    this.ended = saved.ended === true;
    this.text = JSON.stringify(saved.data ?? {});
    this.weight = 2 * this.text.length + 500;
  }

  toVersion(listedAt: Instant): DocumentVersion {
    const { number, savedAt, ended } = this;
    const data = parseObject(this.text) ?? {};
    return { number, savedAt, ended, data, listedAt };
  }
}

export function parseVersion(
  number: number,
  text: string,
): KnownVersion | undefined {
  const saved = parseObject(text);
  if (saved?.format !== FORMAT) return undefined;
  const { savedAt, ended, data } = saved;
  if (typeof savedAt !== "number" || !Number.isFinite(savedAt))
    return undefined;
  if (ended === true) return new KnownVersion(number, { savedAt, ended });
  return isObject(data)
    ? new KnownVersion(number, { savedAt, data })
    : undefined;
}
