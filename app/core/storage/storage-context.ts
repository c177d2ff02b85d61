import { LRUCache } from "lru-cache";
import { type FileSystem, nodeFileSystem } from "./file-system";
import { KeyedMutex } from "./keyed-mutex";

/** A damaged file. */
export interface Damage {
  path: string;
  /** `can't be read as a version` */
  reason: string;
  /** Says which file replaces it, and what the operator can do. */
  advice: string;
  /** The unique content of the mark beside the file, if this process created the mark. */
  mark?: string;
}

/** The collaborators of every structure on disk; one for each process and directory. */
export interface StorageContext {
  fileSystem: FileSystem;
  /** Immutable files that were read, by path. */
  cache: LRUCache<string, Cached>;
  /** Serializes the writers of this process, which would otherwise conflict on disk. */
  mutex: KeyedMutex;
  /** Called each time that a damaged file is found. */
  onDamage: (damage: Damage) => void;
  /** Called when a write lost to another writer and is repeated. */
  onConflict: () => void;
  now: () => Instant;
}

export interface Cached {
  /** Approximate bytes in memory. */
  readonly weight: number;
}

/** A moment on two clocks. */
export interface Instant {
  /** Milliseconds; never jumps, but may stop while the machine is suspended. */
  monotonic: number;
  /** Milliseconds since 1970; may jump. */
  wall: number;
}

/** Reports a file of a log that can't be read whole. */
export const reportDamage = (
  { onDamage }: Pick<StorageContext, "onDamage">,
  path: string,
): void =>
  onDamage({
    path,
    reason: "can't be read whole",
    advice:
      "Its readable entries are still served. Restore the file from a backup; it is never written again.",
  });

/** Balances memory against reads: about 20,000 sessions of 2 KB. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function createStorageContext({
  cacheBytes = CACHE_BYTES,
  ...options
}: Partial<Omit<StorageContext, "cache" | "mutex">> & {
  cacheBytes?: number;
} = {}): StorageContext {
  return {
    fileSystem: nodeFileSystem,
    onDamage: () => undefined,
    onConflict: () => undefined,
    now: () => ({ monotonic: performance.now(), wall: Date.now() }),
    ...options,
    mutex: new KeyedMutex(),
    cache: new LRUCache({
      maxSize: cacheBytes,
      sizeCalculation: (cached) => Math.max(1, cached.weight),
    }),
  };
}

/** Milliseconds between two moments, including time for which the machine was suspended. */
export function elapsedMs(since: Instant, now: Instant): number {
  return Math.max(now.monotonic - since.monotonic, now.wall - since.wall);
}

/**
 * The time between seeing a file superseded and removing it. A writer with an older listing could
 * take the number of a removed file a second time, so a writer that took longer than
 * {@link LISTING_TRUSTED_MS} lists again.
 */
export const REMOVABLE_AFTER_MS = 60_000;

/** Half of it, so that differences between clocks do not matter. */
export const LISTING_TRUSTED_MS = REMOVABLE_AFTER_MS / 2;
