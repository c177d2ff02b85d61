import {
  queueName,
  replyName,
} from "../../../core/storage/layout/active-reply-index";
import type {
  ConversationRef,
  ReplyRef,
} from "../../../core/storage/layout/record-folders";
import { isContested } from "../log/reply-log";
import { continueQueue } from "../outcome/continue-queue";
import { publishEnded } from "../outcome/publish";
import type { ReplyContext } from "../reply-context";
import type { WriterPool } from "../writing/writer-pool";
import { judge, type Lease, renewLease } from "./lease";
import { MonitorAssignment } from "./monitor-assignment";

/**
 * Logs that are inspected at the same time. Balances the length of a scan against the file system
 * calls of replies that are written here, which share a few threads.
 */
const PARALLEL = 4;

/**
 * Scans the unfinished replies that this process monitors, takes over those whose writers died,
 * publishes those that have ended, and continues queues. A wrong verdict costs a pause, never text: see `ReplyLog`.
 */
export class ReplySupervisor {
  private readonly leases = new Map<string, Lease>();
  private readonly suspects = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private scanning: Promise<void> = Promise.resolve();
  private isStopped = false;
  private readonly assignment: MonitorAssignment;
  private heartbeats = 0;

  constructor(
    private readonly context: ReplyContext,
    private readonly pool: WriterPool,
  ) {
    const { process, leaseMs, now } = context;
    this.assignment = new MonitorAssignment(process, leaseMs, now);
  }

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.scanning;
    const { heartbeats, process } = this.context;
    await heartbeats
      .remove({ process, count: this.heartbeats })
      .catch(() => undefined);
  }

  /** The writer's address refuses connections: do not wait for the whole lease. */
  suspect(ref: ReplyRef): void {
    this.suspects.add(replyName(ref));
  }

  private get intervalMs(): number {
    return this.context.leaseMs / 4;
  }

  private schedule(ms: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.scanning = this.scan().finally(() => this.schedule(this.intervalMs));
    }, ms);
  }

  private async scan(): Promise<void> {
    const { now, logger } = this.context;
    try {
      const { refs, queues } = await this.findMonitored();
      // Bounds the load: the shuffle gives the rest its turn in another scan.
      const until = now() + 2 * this.intervalMs;
      const workers = Array.from({ length: PARALLEL }, () =>
        this.inspectAll(refs, until),
      );
      await Promise.all(workers);
      await this.continueAll(queues, until);
    } catch (error) {
      logger.error({ error }, "failed to list unfinished replies");
    }
  }

  private async findMonitored(): Promise<{
    refs: ReplyRef[];
    queues: ConversationRef[];
  }> {
    const { index, heartbeats } = this.context;
    const found = await index.scan();
    deleteAllBut(this.suspects, found.refs);
    // With nothing to monitor no process writes heartbeats, and none is missed.
    if (found.refs.length + found.queues.length > 0) {
      const stale = this.assignment.update(found.heartbeats);
      await this.writeHeartbeat();
      for (const heartbeat of stale) await heartbeats.remove(heartbeat);
    }
    const monitored = found.refs.filter((ref) => {
      const name = replyName(ref);
      return this.suspects.has(name) || this.assignment.monitors(name);
    });
    deleteAllBut(this.leases, monitored);
    // The end of a reply continues the queue behind it.
    const busy = new Set(found.refs.map(queueName));
    const queues = found.queues
      .filter((of) => !busy.has(queueName(of)))
      .filter((of) => this.assignment.monitors(queueName(of)));
    return { refs: shuffled(monitored), queues: shuffled(queues) };
  }

  /** Continues queues whose reply has ended: its writer died before it could. */
  private async continueAll(
    queues: ConversationRef[],
    until: number,
  ): Promise<void> {
    const { now, logger } = this.context;
    for (const of of queues) {
      if (now() > until || this.isStopped) return;
      await continueQueue(this.context, this.pool.begin, of).catch(
        (error: unknown) =>
          logger.error({ error, queue: of }, "failed to continue queue"),
      );
    }
  }

  /** If the heartbeat cannot be written, other processes take on this process's share. */
  private async writeHeartbeat(): Promise<void> {
    const { heartbeats, process } = this.context;
    await heartbeats
      .write({ process, count: this.heartbeats + 1 })
      .then(() => this.heartbeats++)
      .catch(() => undefined);
  }

  private async inspectAll(refs: ReplyRef[], until: number): Promise<void> {
    const { now, logger } = this.context;
    for (let ref = refs.pop(); ref && !this.isStopped; ref = refs.pop()) {
      if (now() > until) return;
      await this.supervise(ref).catch((error: unknown) =>
        logger.error({ error, reply: ref }, "failed to inspect reply log"),
      );
    }
  }

  private async supervise(ref: ReplyRef): Promise<void> {
    if (this.pool.isBusyWith(ref)) return this.forget(ref);
    const lease = await this.renew(ref);
    if (lease.header?.kind === "end") {
      return publishEnded(this.context, this.pool.begin, ref);
    }
    if (!(await this.hasExpired(ref, lease))) return;
    this.forget(ref);
    await this.pool.takeOver(ref, lease.latestEntry);
  }

  private async renew(ref: ReplyRef): Promise<Lease> {
    const name = replyName(ref);
    const before = this.leases.get(name);
    const inspection = await this.inspect(ref, before);
    const lease = renewLease(before, inspection, {
      now: this.context.now(),
      maxGapMs: 2 * this.intervalMs,
      isSuspect: this.suspects.has(name),
    });
    this.leases.set(name, lease);
    return lease;
  }

  private async inspect(ref: ReplyRef, before: Lease | undefined) {
    const log = this.context.logOf(ref);
    if (before?.header?.kind === "epoch" && before.tail) {
      const progress = await log.readProgress(before.tail);
      const { latestEntry, header } = before;
      if (progress) return { latestEntry, header, ...progress };
    }
    const snapshot = await log.read();
    const isReadable = snapshot && !isContested(snapshot);
    return {
      // Without a snapshot there is no entry, or a first one whose creator died at once.
      latestEntry: snapshot?.latestEntry ?? (await log.latestEntry()),
      tail: snapshot?.tail,
      header: isReadable ? snapshot.currentHeader : undefined,
      isHandedOver: isReadable ? snapshot.isHandedOver : false,
    };
  }

  private async hasExpired(ref: ReplyRef, lease: Lease): Promise<boolean> {
    const verdict = judge(lease, this.context.leaseMs);
    if (verdict !== "probe" || lease.header?.kind !== "epoch") {
      return verdict === "expired";
    }
    const isSuspect =
      (await this.context.peers.isWriting(lease.header, ref)) === false;
    const probed = { ...lease, isSuspect, wasProbed: true };
    this.leases.set(replyName(ref), probed);
    return isSuspect;
  }

  private forget(ref: ReplyRef): void {
    this.leases.delete(replyName(ref));
    this.suspects.delete(replyName(ref));
  }
}

function deleteAllBut(
  known: Set<string> | Map<string, unknown>,
  refs: ReplyRef[],
): void {
  const names = new Set(refs.map(replyName));
  for (const name of known.keys()) if (!names.has(name)) known.delete(name);
}

/** Processes that find a dead one's replies thereby share them out. */
function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
