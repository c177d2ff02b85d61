import { LRUCache } from "lru-cache";
import { OwnerEvent } from "../../core/storage/layout/owner-events";
import { OwnerEventLog } from "../../core/storage/layout/owner-event-log";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { LogEntry } from "../../core/storage/log-reader";
import type { StorageContext } from "../../core/storage/storage-context";
import { OwnerState } from "./owner-state";

/** Cached owners; balances memory against reading a log again. */
const OWNERS = 2_000;

/**
 * A projection of each owner's event log. The list of their conversations costs one look at one
 * folder, however much there is.
 */
export class OwnerIndex {
  private readonly states = new LRUCache<string, OwnerState>({ max: OWNERS });

  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
  ) {}

  /** When this resolves, the event is on disk and part of every later {@link read}. */
  append(ownerHash: string, entry: OwnerEvent): Promise<void> {
    return this.logOf(ownerHash).append(entry);
  }

  /** The current state of an owner. It is shared: only this class changes it. */
  async read(ownerHash: string): Promise<Readonly<OwnerState>> {
    const key = `${this.folders.ownerEvents(ownerHash)}#read`;
    using _ = await this.files.mutex.lock(key);
    const state = this.states.get(ownerHash) ?? new OwnerState();
    const noted = await this.logOf(ownerHash).readAfter(state.upTo);
    if (!noted) return state;
    for (const entry of noted.entries) applyEntry(state, entry);
    state.upTo = noted.last;
    this.states.set(ownerHash, state);
    return state;
  }

  /** The state that this process read last, however old: costs no call where there is one. */
  async known(ownerHash: string): Promise<Readonly<OwnerState>> {
    return this.states.get(ownerHash) ?? (await this.read(ownerHash));
  }

  private logOf(ownerHash: string): OwnerEventLog {
    return new OwnerEventLog(this.files, this.folders.ownerEvents(ownerHash));
  }
}

/** Skips events that only another version of the program knows. */
function applyEntry(state: OwnerState, entry: LogEntry): void {
  const result = OwnerEvent.safeParse(entry);
  if (result.success) state.apply(entry.number, result.data);
}
