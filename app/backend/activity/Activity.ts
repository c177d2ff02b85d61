import { LRUCache } from "lru-cache";
import {
  ExclusiveLog,
  type LogEntry,
  LogMissingError,
} from "../../shared/files/exclusiveLog";
import type { Files } from "../../shared/files/Files";
import type { JsonObject } from "../../shared/files/json";
import type { Folders } from "../Folders";
import { ActivityEntry } from "./entries";
import { OwnerState } from "./OwnerState";

/** Owners whose state is kept at hand; balances memory against reading a log once more. */
const OWNERS = 2_000;

/** Few files, also after years: 100,000 entries are a hundred segments. */
const SEGMENT_SIZES = [10, 100, 1000];

/**
 * Each owner's activity: a log of what changes the list of their conversations and projects. The
 * list costs one look at one folder, however much there is.
 */
export class Activity {
  private readonly states = new LRUCache<string, OwnerState>({ max: OWNERS });

  constructor(
    private readonly files: Files,
    private readonly folders: Folders,
  ) {}

  /** Notes something; it is on disk, and in every later {@link read}, when this resolves. */
  async note(ownerHash: string, entry: ActivityEntry): Promise<void> {
    const log = this.logOf(ownerHash);
    // An `undefined` in it would not come back as it went.
    const json = JSON.parse(JSON.stringify(entry)) as JsonObject;
    try {
      await log.append({ format: 1, ...json });
    } catch (error) {
      if (!(error instanceof LogMissingError)) throw error;
      // The owner's first.
      await log.make();
      await log.append({ format: 1, ...json });
    }
  }

  /** What an owner has now. It is shared: only this class changes it. */
  read(ownerHash: string): Promise<Readonly<OwnerState>> {
    const key = `${this.folders.activity(ownerHash)}#read`;
    return this.files.serial.run(key, () => this.readNow(ownerHash));
  }

  private async readNow(ownerHash: string): Promise<OwnerState> {
    const state = this.states.get(ownerHash) ?? new OwnerState();
    const log = this.logOf(ownerHash);
    const listing = await log.listIfThere();
    if (!listing || listing.last <= state.upTo) return state;
    const entries = await log.readRange(state.upTo + 1, listing.last, listing);
    for (const entry of entries) applyEntry(state, entry);
    state.upTo = listing.last;
    this.states.set(ownerHash, state);
    return state;
  }

  private logOf(ownerHash: string): ExclusiveLog {
    const folder = this.folders.activity(ownerHash);
    return new ExclusiveLog(this.files, folder, {
      segmentSizes: SEGMENT_SIZES,
    });
  }
}

/** What another version of the program noted, and this one doesn't know, is passed over. */
function applyEntry(state: OwnerState, entry: LogEntry): void {
  const result = ActivityEntry.safeParse(entry);
  if (result.success) state.apply(entry.number, result.data);
}
