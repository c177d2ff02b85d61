import { LRUCache } from "lru-cache";
import { OwnerEvent } from "../../core/storage/layout/owner-events";
import { OwnerEventLog } from "../../core/storage/layout/owner-event-log";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import { OwnerState } from "./owner-state";

/** Cached owners; balances memory against reading a log again. */
const OWNERS = 2_000;

/**
 * A projection of each owner's event log. The list of their conversations costs one look at one
 * folder, however much there is.
 */
export class OwnerIndex {
  /** Reads whose listing has not begun: each serves all calls until then. */
  private readonly waiting = new Map<string, Promise<Readonly<OwnerState>>>();
  private readonly states = new LRUCache<string, OwnerState>({ max: OWNERS });
  /** Each owner's last event that this process knows, and its conversation if that is listed first now. */
  private readonly newest = new LRUCache<
    string,
    { number: number; conversation: string | undefined }
  >({ max: OWNERS });

  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
  ) {}

  /** When this resolves, the event is on disk and part of every later {@link read}. */
  async append(ownerHash: string, entry: OwnerEvent): Promise<void> {
    const number = await this.logOf(ownerHash).append(entry);
    this.note(ownerHash, number, entry);
  }

  /**
   * True if a conversation is the first of its owner's list, as far as this process knows: it learns of
   * events of other processes when the list is read here. Costs no call where the owner is known.
   */
  async isNewest(ownerHash: string, conversation: string): Promise<boolean> {
    await this.known(ownerHash);
    return this.newest.get(ownerHash)?.conversation === conversation;
  }

  /** The current state of an owner. It is shared: only this class changes it. */
  read(ownerHash: string): Promise<Readonly<OwnerState>> {
    const waiting = this.waiting.get(ownerHash);
    if (waiting) return waiting;
    const reading = this.readInTurn(ownerHash);
    this.waiting.set(ownerHash, reading);
    return reading;
  }

  private async readInTurn(ownerHash: string): Promise<Readonly<OwnerState>> {
    const key = `${this.folders.ownerEvents(ownerHash)}#read`;
    using _ = await this.files.mutex.lock(key);
    // A call from here on may be after the listing.
    this.waiting.delete(ownerHash);
    const state = this.states.get(ownerHash) ?? new OwnerState();
    const noted = await this.logOf(ownerHash).readAfter(state.upTo);
    if (!noted) return state;
    for (const entry of noted.entries) {
      const result = OwnerEvent.safeParse(entry);
      // Skips events that only another version of the program knows.
      if (!result.success) continue;
      state.apply(entry.number, result.data);
      this.note(ownerHash, entry.number, result.data);
    }
    state.upTo = noted.last;
    this.states.set(ownerHash, state);
    return state;
  }

  /** The state that this process read last, however old: costs no call where there is one. */
  async known(ownerHash: string): Promise<Readonly<OwnerState>> {
    return this.states.get(ownerHash) ?? (await this.read(ownerHash));
  }

  /** An append can resolve after a read has seen later events. */
  private note(ownerHash: string, number: number, event: OwnerEvent): void {
    if (number <= (this.newest.get(ownerHash)?.number ?? 0)) return;
    const isMessage = event.kind === "prompt" || event.kind === "reply";
    const conversation = isMessage ? event.id : undefined;
    this.newest.set(ownerHash, { number, conversation });
  }

  private logOf(ownerHash: string): OwnerEventLog {
    return new OwnerEventLog(this.files, this.folders.ownerEvents(ownerHash));
  }
}
