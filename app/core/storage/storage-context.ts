import { LRUCache } from "lru-cache";
import { type FileSystem, nodeFileSystem } from "./file-system";
import { KeyedMutex } from "./keyed-mutex";

/** A file that can't be read as what it should be. */
export interface Damage {
  path: string;
  /** What is wrong with it: `is not JSON (0 bytes)`. */
  reason: string;
  /** What serves in its place, and what whoever operates the server can do. */
  advice: string;
  /** What the mark holds that was put beside it, and nothing else does. */
  mark?: string;
}

/** What every structure on disk needs; one for a process and directory. */
export interface StorageContext {
  fileSystem: FileSystem;
  /** What was read and can't change, by path. */
  cache: LRUCache<string, Cached>;
  /** Lets the writers of one process wait for each other, who would only conflict on disk. */
  mutex: KeyedMutex;
  /** Told of every damaged file, once for each time that it is found. */
  onDamage: (damage: Damage) => void;
  /** Told whenever another writer made a version first, and the write is tried again. */
  onConflict: () => void;
  now: () => Instant;
}

/** Something that a cache may hold, with its size in memory. */
export interface Cached {
  /** Bytes, roughly. */
  readonly weight: number;
}

/** One moment on two clocks. */
export interface Instant {
  /** Milliseconds; doesn't jump, but may stand still while the machine is suspended. */
  monotonic: number;
  /** Milliseconds since 1970; may jump. */
  wall: number;
}

/** Balances memory against reads: about 20,000 sessions of 2 KB. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function createStorageContext({
  cacheBytes = CACHE_BYTES,
  ...given
}: Partial<Omit<StorageContext, "cache" | "serial">> & {
  cacheBytes?: number;
} = {}): StorageContext {
  return {
    fileSystem: nodeFileSystem,
    onDamage: () => undefined,
    onConflict: () => undefined,
    now: () => ({ monotonic: performance.now(), wall: Date.now() }),
    ...given,
    mutex: new KeyedMutex(),
    cache: new LRUCache({
      maxSize: cacheBytes,
      sizeCalculation: (cached) => Math.max(1, cached.weight),
    }),
  };
}

/** At least how long ago, in milliseconds, also if the machine was suspended meanwhile. */
export function elapsedMs(since: Instant, now: Instant): number {
  return Math.max(now.monotonic - since.monotonic, now.wall - since.wall);
}

/**
 * Numbers are taken by linking a name that nobody has. A number whose file was removed could be
 * taken twice, by a writer that looked long ago. So no file is removed before this long after it
 * was seen superseded, and a writer that took longer than {@link TRUSTED_MS} looks again.
 */
export const REMOVABLE_AFTER_MS = 60_000;

/** Half, so that no difference between two clocks matters. */
export const TRUSTED_MS = REMOVABLE_AFTER_MS / 2;
