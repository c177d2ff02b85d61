import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import type { ReplySupervisor } from "../failover/reply-supervisor";
import { toFinalReply } from "../log/replay";
import { publish } from "../outcome/publish";
import type { ReplyContext } from "../reply-context";
import type { WriterPool } from "../writing/writer-pool";
import type { LogSource } from "./follow-log";

/** Balances the delay of readers against calls to the file system. */
const POLL_MS = 150;

/** The sources of replies, whichever process writes them. */
export function createLogSources(
  context: ReplyContext,
  pool: WriterPool,
  supervisor: ReplySupervisor,
) {
  const { process, leaseMs, peers, logOf } = context;

  /** Committed records only: none of them is ever dropped. */
  const committed = (ref: ReplyRef): LogSource => ({
    read: async (from) => {
      await pool.settled(ref);
      return logOf(ref).read(from);
    },
    isExpected: async () =>
      (await context.repository.isExpected(ref)) ||
      // The reply may have been written, and published, since the read.
      (await logOf(ref).latestEntry()) > 0,
    localEpoch: () => pool.writerOf(ref)?.epoch,
    followLocal: (epoch, from, signal) => epoch.followCommitted(from, signal),
    followPeer: (epoch, from, signal) =>
      peers.followCommitted(epoch, ref, from, signal),
    process,
    onPeerGone: () => supervisor.suspect(ref),
    onHandover: ({ epoch }) => pool.takeOver(ref, epoch),
    onEnd: (end) => publish(context, pool.begin, ref, toFinalReply(end)),
    pollMs: Math.min(POLL_MS, leaseMs / 4),
    avoidMs: leaseMs,
    // A monitor begins the reply after a lease, at its next scan.
    expectMs: 2 * leaseMs,
  });

  /**
   * Also records that are not committed yet. If their writer dies before a flush, the next epoch's
   * `keep` tells how much of the text remains.
   */
  const live = (ref: ReplyRef): LogSource => ({
    ...committed(ref),
    read: async (from) => {
      await pool.settled(ref);
      return pool.readLive(ref, from) ?? logOf(ref).read(from);
    },
    followLocal: (epoch, from, signal) => epoch.followLive(from, signal),
    followPeer: (epoch, from, signal) =>
      peers.followLive(epoch, ref, from, signal),
  });

  return { committed, live };
}
