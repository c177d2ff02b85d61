import { NotFoundError } from "../../../core/domain/errors";
import { pause } from "../../../core/runtime/async";
import type { LogSnapshot } from "../log/reply-log";
import { BATCH_LINES, type EpochWriter } from "../writing/epoch-writer";
import { PeerGoneError } from "./peers";
import {
  isHandover,
  type EndHeader,
  type EpochHeader,
  type LogRecord,
} from "../log/records";
import { compareOffsets, logStart, type Offset } from "../log/offset";

/** Where the lines of one log can be had from. */
export interface Followed {
  /** What the log says after a place; see `EpochLog.read`. */
  read(from: Offset): Promise<LogSnapshot | undefined>;
  /** The newest entry, if this process appends to it. */
  held(): EpochWriter | undefined;
  /** The lines from the process that holds it; see `Peers.follow`. */
  peer(
    epoch: EpochHeader,
    from: Offset,
    ahead: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<LogRecord[], void>;
  /** This process, as the headers of its epochs name it. */
  process: string;
  /** Told that an epoch's holder doesn't answer there any more. */
  onGone(epoch: EpochHeader): void;
  /** Told that an epoch's holder asks others to go on. */
  onHandover(epoch: EpochHeader): Promise<void>;
  /** Does what has to be done before anyone is told of an end that was found in the files. */
  onEnd(end: EndHeader): Promise<void>;
  /** How often files are looked at where nobody sends what is in them, in milliseconds. */
  pollMs: number;
  /** How long not to ask a holder again that broke off, in milliseconds. */
  leaseMs: number;
}

export interface FollowOptions {
  /** Whether lines are wanted before they stand for ever. */
  ahead: boolean;
  signal: AbortSignal;
}

/** A line, and whether the log ends with it (for now: an end may be followed by another try). */
export interface FollowedRecord extends LogRecord {
  isLast: boolean;
}

/**
 * The lines after a place, live and as many as there are each time, at least one: from memory
 * where this process holds the log, from its holder where that answers, from the files where it
 * doesn't. Goes on until aborted.
 *
 * @throws NotFoundError if there is no log; VisibleError (400) for a place inside a line.
 */
export async function* followLog(
  followed: Followed,
  from: Offset = logStart,
  options: FollowOptions,
): AsyncGenerator<FollowedRecord[], void> {
  const { signal } = options;
  const shunned = new Map<number, number>();
  let position = from;
  while (!signal.aborted) {
    for await (const lines of nextLines(followed, position, options, shunned)) {
      position = lines.at(-1)?.at ?? position;
      yield lines;
      if (signal.aborted) return;
    }
    if (signal.aborted) return;
  }
}

/** What can be had from one source. */
async function* nextLines(
  followed: Followed,
  from: Offset,
  options: FollowOptions,
  shunned: Map<number, number>,
): AsyncGenerator<FollowedRecord[], void> {
  const held = followed.held();
  if (held && from.entry >= held.number) {
    yield* heldLines(held, from, options);
    return;
  }
  const reading = await followed.read(from);
  if (!reading) throw new NotFoundError("reply");
  if (!reading.isFinal) {
    await pause(followed.pollMs, options.signal);
    return;
  }
  const { lines, currentHeader: newest, tail } = reading;
  const ends = newest.kind === "end";
  if (ends && lines.length > 0) await followed.onEnd(newest);
  const last = ends ? lines.at(-1) : undefined;
  for (let begin = 0; begin < lines.length; begin += BATCH_LINES) {
    const batch = lines.slice(begin, begin + BATCH_LINES);
    yield batch.map((one) => ({ ...one, isLast: one === last }));
  }
  // What this process holds is followed in memory as soon as what was before is told.
  if (followed.held() && lines.length > 0) return;
  if (newest.kind === "epoch") {
    if (reading.isHandedOver) await followed.onHandover(newest);
    else yield* peerLines(followed, newest, tail, options, shunned);
  }
  if (followed.held()?.number !== reading.currentEpoch) {
    await pause(followed.pollMs, options.signal);
  }
}

async function* heldLines(
  held: EpochWriter,
  from: Offset,
  { ahead, signal }: FollowOptions,
): AsyncGenerator<FollowedRecord[], void> {
  for await (const lines of held.follow(from, ahead, signal)) {
    yield lines.map((line) => ofEpoch(held.number, line));
  }
}

/** What comes after an epoch in what its holder says is its end. */
const ofEpoch = (number: number, { line, at }: LogRecord): FollowedRecord => ({
  line,
  at,
  isLast: at.entry > number,
});

async function* peerLines(
  followed: Followed,
  epoch: EpochHeader,
  from: Offset,
  { ahead, signal }: FollowOptions,
  shunned: Map<number, number>,
): AsyncGenerator<FollowedRecord[], void> {
  const until = shunned.get(epoch.epoch) ?? 0;
  if (epoch.process === followed.process || performance.now() < until) return;
  let position = from;
  try {
    for await (const lines of followed.peer(epoch, from, ahead, signal)) {
      const fresh = lines.filter(({ at }) => compareOffsets(at, position) > 0);
      position = fresh.at(-1)?.at ?? position;
      if (fresh.length > 0) {
        yield fresh.map((line) => ofEpoch(epoch.epoch, line));
      }
      if (isHandover(fresh.at(-1))) await followed.onHandover(epoch);
    }
  } catch (error) {
    if (!(error instanceof PeerGoneError)) throw error;
    followed.onGone(epoch);
  }
  shunned.set(epoch.epoch, performance.now() + followed.leaseMs);
}
