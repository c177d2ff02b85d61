import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { ReplySupervisor } from "../failover/reply-supervisor";
import type { Offset } from "../log/offset";
import { toFinalReply } from "../log/replay";
import type { LogSnapshot } from "../log/reply-log";
import type { ReplyPublisher } from "../outcome/publisher";
import type { ReplyContext } from "../reply-context";
import type { PeerClient } from "../writing/peer-client";
import type { WriterPool } from "../writing/writer-pool";
import {
  followLog,
  type FollowedRecord,
  type FollowSources,
} from "./follow-log";

/** Reads replies, whichever process writes them. */
export interface ReplyReader {
  /** @returns `undefined` if there is no such reply. */
  read(ref: ReplyRef, from: Offset): Promise<LogSnapshot | undefined>;
  /** See {@link followLog}. */
  follow(
    ref: ReplyRef,
    from: Offset,
    signal: AbortSignal,
  ): AsyncGenerator<FollowedRecord[], void>;
}

export interface ReaderDeps {
  context: ReplyContext;
  pool: WriterPool;
  publisher: ReplyPublisher;
  supervisor: ReplySupervisor;
}

/** Reads committed records only: none of them is ever dropped. */
export function createCommittedReader(deps: ReaderDeps): ReplyReader {
  return createReader(deps, {
    read: (ref, from) => deps.context.logOf(ref).read(from),
    followOwn: (epoch, from, signal) => epoch.followCommitted(from, signal),
    followPeer: (...asked) => deps.context.peers.followCommitted(...asked),
  });
}

/**
 * Also reads records that are not committed yet. If their writer dies before a flush, the next
 * epoch's `keep` tells how much of the text remains.
 */
export function createLiveReader(deps: ReaderDeps): ReplyReader {
  const { context, pool } = deps;
  return createReader(deps, {
    read: async (ref, from) =>
      pool.readLive(ref, from) ?? context.logOf(ref).read(from),
    followOwn: (epoch, from, signal) => epoch.followLive(from, signal),
    followPeer: (...asked) => context.peers.followLive(...asked),
  });
}

/** Balances the delay of readers against calls to the file system. */
const POLL_MS = 150;

function createReader(
  { context, pool, publisher, supervisor }: ReaderDeps,
  {
    read,
    followOwn,
    followPeer,
  }: Pick<ReplyReader, "read"> &
    Pick<FollowSources, "followOwn"> & { followPeer: PeerClient["followLive"] },
): ReplyReader {
  const { process, leaseMs } = context;
  return {
    read,
    follow: (ref, from, signal) => {
      const sources: FollowSources = {
        read: (offset) => read(ref, offset),
        ownEpoch: () => pool.writerOf(ref)?.epoch,
        followOwn,
        followPeer: (epoch, offset, inner) =>
          followPeer(epoch, ref, offset, inner),
        process,
        onPeerGone: () => supervisor.suspect(ref),
        onHandover: ({ epoch }) => pool.takeOver(ref, epoch),
        onEnd: (end) => publisher.publish(ref, toFinalReply(end)),
        pollMs: Math.min(POLL_MS, leaseMs / 4),
        avoidMs: leaseMs,
      };
      return followLog(sources, from, signal);
    },
  };
}
