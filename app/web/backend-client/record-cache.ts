import { LRUCache } from "lru-cache";
import { Counter, type Registry } from "prom-client";
import type { ApiContext } from "./api";
import type { Kind } from "./relations";

export interface CachedRecord<T> {
  value: T;
  /** For a conditional request. */
  etag?: string;
  /** Approximate size. */
  bytes: number;
}

export interface Wanted<T> {
  /** Unique among the owner's records: `conversation/abc?messages=50`. */
  key: string;
  /** Kinds of records it is made of. */
  kinds: readonly Kind[];
  /**
   * @param before The record as this owner has read it earlier.
   */
  load: (before: CachedRecord<T> | undefined) => Promise<CachedRecord<T>>;
  /** False for a value that changes by itself, such as a reply that is being written. */
  keeps?: (value: T) => boolean;
}

export interface RecordCacheOptions {
  metrics: Registry;
  /** Milliseconds. */
  maxAgeMs: number;
  maxBytes: number;
  /** Monotonic, in milliseconds. */
  now: () => number;
}

interface Entry extends CachedRecord<unknown> {
  /** The session's counters under which it was read. */
  versions: string;
  /** Start of the read. */
  readAt: number;
}

interface Flight {
  begunAt: number;
  entry: Promise<Entry>;
}

/** Far more owners than have records in memory. */
const OWNERS = 100_000;

/** Overhead of an entry. */
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
  /** When an owner's records were last outdated by something other than a request of theirs. */
  private readonly outdated = new LRUCache<string, number>({ max: OWNERS });
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
    const since = this.outdated.get(context.owner) ?? -Infinity;
    const hit = known && this.isValid(known, versions, since);
    this.count(wanted, hit ? "hit" : "miss");
    if (hit) return { value: known.value as T, cached: true };
    const name = `${key}\n${since}`;
    const entry = await this.loadOnce({ key, name }, versions, wanted, known);
    return { value: entry.value as T, cached: false };
  }

  /**
   * Takes all records of an owner for outdated that were read through this process before now. Other
   * processes keep theirs until they have reached their age.
   */
  outdate(owner: string): void {
    this.outdated.set(owner, this.options.now());
  }

  /** Concurrent reads of one record share one call. */
  private async loadOnce<T>(
    { key, name: flightOf }: { key: string; name: string },
    versions: string,
    wanted: Wanted<T>,
    before: Entry | undefined,
  ): Promise<Entry> {
    const name = `${flightOf}\n${versions}`;
    const begunAt = this.options.now();
    const known = this.flights.get(name);
    // A slow read may return a value that is too old by now.
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
    // An expired record still has a tag for a conditional request.
    this.entries.set(key, keeps ? entry : { ...entry, readAt: -Infinity });
    return entry;
  }

  private isValid(entry: Entry, versions: string, since: number): boolean {
    const ageMs = this.options.now() - entry.readAt;
    return (
      entry.versions === versions &&
      ageMs < this.options.maxAgeMs &&
      entry.readAt > since
    );
  }

  private count({ kinds }: { kinds: readonly Kind[] }, result: string): void {
    this.reads.inc({ kind: kinds[0] ?? "none", result });
  }
}
