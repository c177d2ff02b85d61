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

/** The places from which one log's records come, and the actions that a follower triggers. */
export interface LogSource {
  /** @returns `undefined` if there is no log, or only a first entry without a header. */
  read(from: Offset): Promise<LogSnapshot | undefined>;
  /** True if a log that can't be read yet is being created, or will be after its creator's lease. */
  isExpected(): Promise<boolean>;
  /** The newest epoch, if it is open in this process. */
  localEpoch(): EpochWriter | undefined;
  followLocal(
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
  /** Time for which a follower waits for an expected log. */
  expectMs: number;
}

/** A follower's memory between the places that it follows. */
interface Memory {
  /** Until when not to call the writer of an epoch. */
  avoided: Map<number, number>;
  /** Until when to wait for an expected log. */
  expectedUntil: number;
}

/**
 * The records of a log after an offset, in batches as they come: from memory if this process writes
 * the log, else from its writer, else from the files. Continues until the signal aborts, also after
 * an end: a failed reply can be retried.
 *
 * @throws NotFoundError if there is no log and none is expected; VisibleError (400) for an offset inside a line.
 */
export async function* followLog(
  source: LogSource,
  from: Offset,
  signal: AbortSignal,
): AsyncGenerator<LogRecord[], void> {
  const memory: Memory = {
    avoided: new Map(),
    expectedUntil: performance.now() + source.expectMs,
  };
  let position = from;
  while (!signal.aborted) {
    const batches = followOnce(source, position, signal, memory);
    for await (const records of batches) {
      position = records.at(-1)?.offset ?? position;
      yield records;
      if (signal.aborted) return;
    }
  }
}

/** Follows one place to its end. */
async function* followOnce(
  source: LogSource,
  from: Offset,
  signal: AbortSignal,
  { avoided, expectedUntil }: Memory,
): AsyncGenerator<LogRecord[], void> {
  const { pollMs } = source;
  const local = source.localEpoch();
  if (local && from.entry >= local.number) {
    yield* source.followLocal(local, from, signal);
    return;
  }
  const snapshot = await source.read(from);
  if (!snapshot) {
    const isLate = performance.now() > expectedUntil;
    if (isLate || !(await source.isExpected())) {
      throw new NotFoundError("reply");
    }
  }
  if (!snapshot || isContested(snapshot)) {
    await pause(pollMs, signal);
    return;
  }
  const { records, currentHeader, tail } = snapshot;
  const isEnd = currentHeader.kind === "end";
  if (isEnd && records.length > 0) await source.onEnd(currentHeader);
  for (let begin = 0; begin < records.length; begin += BATCH_RECORDS) {
    yield records.slice(begin, begin + BATCH_RECORDS);
  }
  // Switches to memory as soon as the records before it are read.
  if (source.localEpoch() && records.length > 0) return;
  if (snapshot.isHandedOver && !isEnd) await source.onHandover(currentHeader);
  else if (!isEnd) {
    yield* followWriter(source, currentHeader, tail, signal, avoided);
  }
  if (source.localEpoch()?.number !== snapshot.currentEntry) {
    await pause(pollMs, signal);
  }
}

/** Follows the process that writes an epoch. It sends nothing beyond the epoch but the end. */
async function* followWriter(
  source: LogSource,
  header: EpochHeader,
  from: Offset,
  signal: AbortSignal,
  avoided: Map<number, number>,
): AsyncGenerator<LogRecord[], void> {
  const { epoch, process } = header;
  const avoidedUntil = avoided.get(epoch) ?? 0;
  if (process === source.process || performance.now() < avoidedUntil) return;
  let position = from;
  try {
    for await (const records of source.followPeer(header, from, signal)) {
      const fresh = records.filter(
        ({ offset }) => compareOffsets(offset, position) > 0,
      );
      position = fresh.at(-1)?.offset ?? position;
      if (fresh.length > 0) yield fresh;
      if (isHandover(fresh.at(-1))) await source.onHandover(header);
    }
  } catch (error) {
    if (!(error instanceof PeerGoneError)) throw error;
    source.onPeerGone();
  }
  avoided.set(epoch, performance.now() + source.avoidMs);
}
