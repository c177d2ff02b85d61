import { LRUCache } from "lru-cache";
import { Counter, type Registry } from "prom-client";
import type { ApiContext } from "./api";
import type { Kind } from "./relations";

/** A record as it was read. */
export interface CachedRecord<T> {
  value: T;
  /** By which the backend can be asked whether it is still so. */
  etag?: string;
  /** Its size, roughly. */
  bytes: number;
}

/** What is to be read. */
export interface Wanted<T> {
  /** Which record, among all of the owner's: `conversation/abc?messages=50`. */
  key: string;
  /** Kinds of records that it is made of. */
  kinds: readonly Kind[];
  /**
   * Reads it.
   *
   * @param before What was read of it at some time, by this owner.
   */
  load: (before: CachedRecord<T> | undefined) => Promise<CachedRecord<T>>;
  /** Whether it can be kept; not what changes without anyone's change. */
  keeps?: (value: T) => boolean;
}

export interface RecordCacheOptions {
  metrics: Registry;
  /** Milliseconds: how late an owner's other sessions see a change. */
  maxAgeMs: number;
  maxBytes: number;
  /** Milliseconds, never set back. */
  now: () => number;
}

interface Entry extends CachedRecord<unknown> {
  /** The session's versions of its kinds when it was read. */
  versions: string;
  /** When its reading began. */
  readAt: number;
}

/** A reading that is under way. */
interface Flight {
  begunAt: number;
  entry: Promise<Entry>;
}

/** What an entry takes besides its record. */
const ENTRY_BYTES = 500;

/**
 * The records that were read through this process, and what tells whether they are still right.
 *
 * A session counts changes by kind of record. A change that is made through any process adds to
 * the counts of all kinds that it affects; a record is used only under the counts that it was read
 * under. So the next request of a session, wherever it lands, sees what that session has changed.
 * What other sessions of the same owner have changed is seen when a record has reached its age.
 */
export class RecordCache {
  private readonly entries: LRUCache<string, Entry>;
  private readonly flights = new Map<string, Flight>();
  private readonly reads: Counter<"kind" | "result">;

  constructor(private readonly options: RecordCacheOptions) {
    this.entries = new LRUCache({
      maxSize: options.maxBytes,
      // A record in memory takes about twice its JSON.
      sizeCalculation: ({ bytes }) => ENTRY_BYTES + 2 * bytes,
    });
    this.reads = new Counter({
      name: "keepsake_api_cache_reads_total",
      help: "Records that pages asked for, by kind and whether they were at hand.",
      labelNames: ["kind", "result"],
      registers: [options.metrics],
    });
  }

  /** @returns The record, and whether it cost nothing. It is shared: no caller may change it. */
  async read<T>(
    context: ApiContext,
    wanted: Wanted<T>,
  ): Promise<{ value: T; cached: boolean }> {
    const key = `${context.owner}\n${wanted.key}`;
    const versions = context.changes.keyOf(wanted.kinds);
    const known = this.entries.get(key);
    const hit = known && this.isValid(known, versions);
    this.count(wanted, hit ? "hit" : "miss");
    if (hit) return { value: known.value as T, cached: true };
    const entry = await this.loadOnce(key, versions, wanted, known);
    return { value: entry.value as T, cached: false };
  }

  /** Those who want the same at the same time wait for one reading. */
  private async loadOnce<T>(
    key: string,
    versions: string,
    wanted: Wanted<T>,
    before: Entry | undefined,
  ): Promise<Entry> {
    const name = `${key}\n${versions}`;
    const begunAt = this.options.now();
    const known = this.flights.get(name);
    // One that takes for ever may bring what was true too long ago.
    if (known && begunAt - known.begunAt < this.options.maxAgeMs) {
      return known.entry;
    }
    const flight = { begunAt, entry: this.load(key, versions, wanted, before) };
    this.flights.set(name, flight);
    try {
      return await flight.entry;
    } finally {
      if (this.flights.get(name) === flight) this.flights.delete(name);
    }
  }

  private async load<T>(
    key: string,
    versions: string,
    wanted: Wanted<T>,
    known: Entry | undefined,
  ): Promise<Entry> {
    const readAt = this.options.now();
    const record = await wanted.load(known as CachedRecord<T> | undefined);
    const entry = { ...record, versions, readAt };
    const keeps = wanted.keeps?.(record.value) ?? true;
    // What can't be used again as it is can still be asked for by its tag.
    this.entries.set(key, keeps ? entry : { ...entry, readAt: -Infinity });
    return entry;
  }

  private isValid(entry: Entry, versions: string): boolean {
    const ageMs = this.options.now() - entry.readAt;
    return entry.versions === versions && ageMs < this.options.maxAgeMs;
  }

  private count({ kinds }: { kinds: readonly Kind[] }, result: string): void {
    this.reads.inc({ kind: kinds[0] ?? "none", result });
  }
}
