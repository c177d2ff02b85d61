import { NotFoundError } from "../../../core/domain/errors";
import { pause } from "../../../core/runtime/async";
import { compareOffsets, type Offset } from "../log/offset";
import {
  isHandover,
  type EndHeader,
  type EpochHeader,
  type LogRecord,
} from "../log/records";
import { isContested, type LogSnapshot } from "../log/reply-log";
import { BATCH_RECORDS, type EpochWriter } from "../writing/epoch-writer";
import { PeerGoneError } from "../writing/peer-client";

/** The sources of one log's records, and the actions that a follower triggers. */
export interface FollowSources {
  read(from: Offset): Promise<LogSnapshot | undefined>;
  /** The open epoch, if this process owns it. */
  ownEpoch(): EpochWriter | undefined;
  followOwn(
    epoch: EpochWriter,
    from: Offset,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void>;
  /** @throws PeerGoneError */
  followPeer(
    epoch: EpochHeader,
    from: Offset,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void>;
  /** This process, as the headers of its epochs name it. */
  process: string;
  onPeerGone(): void;
  onHandover(epoch: EpochHeader): Promise<void>;
  /** Runs before readers get an end that was found in the files. */
  onEnd(end: EndHeader): Promise<void>;
  /** Interval of reading the files if no process sends the records. */
  pollMs: number;
  /** Time without calls to a peer that broke off. */
  avoidMs: number;
}

export interface FollowedRecord extends LogRecord {
  /** True for an end that nothing follows yet. After a failure another epoch may. */
  isLast: boolean;
}

/**
 * The records of a log after an offset, in batches as they come: from memory if this process owns
 * the epoch, else from the owner, else from the files. Continues until the signal aborts.
 *
 * @throws NotFoundError if there is no log; VisibleError (400) for an offset inside a line.
 */
export async function* followLog(
  sources: FollowSources,
  from: Offset,
  signal: AbortSignal,
): AsyncGenerator<FollowedRecord[], void> {
  /** Until when not to call the owner of an epoch. */
  const avoided = new Map<number, number>();
  let position = from;
  while (!signal.aborted) {
    const batches = followOnce(sources, position, signal, avoided);
    for await (const records of batches) {
      position = records.at(-1)?.offset ?? position;
      yield records;
      if (signal.aborted) return;
    }
  }
}

/** Follows one source to its end. */
async function* followOnce(
  sources: FollowSources,
  from: Offset,
  signal: AbortSignal,
  avoided: Map<number, number>,
): AsyncGenerator<FollowedRecord[], void> {
  const { pollMs } = sources;
  const own = sources.ownEpoch();
  if (own && from.entry >= own.number) {
    for await (const records of sources.followOwn(own, from, signal)) {
      yield records.map((record) => inEpoch(own.number, record));
    }
    return;
  }
  const snapshot = await sources.read(from);
  if (!snapshot) throw new NotFoundError("reply");
  if (isContested(snapshot)) {
    await pause(pollMs, signal);
    return;
  }
  const { records, currentHeader, tail } = snapshot;
  const isEnd = currentHeader.kind === "end";
  if (isEnd && records.length > 0) await sources.onEnd(currentHeader);
  yield* inBatches(records, isEnd ? records.at(-1) : undefined);
  // Switches to memory as soon as the records before it are read.
  if (sources.ownEpoch() && records.length > 0) return;
  if (snapshot.isHandedOver && !isEnd) await sources.onHandover(currentHeader);
  else if (!isEnd) {
    yield* followOwner(sources, currentHeader, tail, signal, avoided);
  }
  if (sources.ownEpoch()?.number !== snapshot.currentEntry) {
    await pause(pollMs, signal);
  }
}

function* inBatches(
  records: LogRecord[],
  last: LogRecord | undefined,
): Generator<FollowedRecord[], void> {
  for (let begin = 0; begin < records.length; begin += BATCH_RECORDS) {
    const batch = records.slice(begin, begin + BATCH_RECORDS);
    yield batch.map((record) => ({ ...record, isLast: record === last }));
  }
}

/** An owner sends nothing beyond its epoch but the end. */
const inEpoch = (number: number, record: LogRecord): FollowedRecord => ({
  ...record,
  isLast: record.offset.entry > number,
});

async function* followOwner(
  sources: FollowSources,
  header: EpochHeader,
  from: Offset,
  signal: AbortSignal,
  avoided: Map<number, number>,
): AsyncGenerator<FollowedRecord[], void> {
  const { epoch, process } = header;
  const avoidedUntil = avoided.get(epoch) ?? 0;
  if (process === sources.process || performance.now() < avoidedUntil) return;
  let position = from;
  try {
    for await (const records of sources.followPeer(header, from, signal)) {
      const fresh = records.filter(
        ({ offset }) => compareOffsets(offset, position) > 0,
      );
      position = fresh.at(-1)?.offset ?? position;
      if (fresh.length > 0) {
        yield fresh.map((record) => inEpoch(epoch, record));
      }
      if (isHandover(fresh.at(-1))) await sources.onHandover(header);
    }
  } catch (error) {
    if (!(error instanceof PeerGoneError)) throw error;
    sources.onPeerGone();
  }
  avoided.set(epoch, performance.now() + sources.avoidMs);
}
