import { formatOffset, type Offset } from "../log/offset";
import type { Header } from "../log/records";

/** A monitor's knowledge of a reply's writer. */
export interface Lease {
  latestEntry: number;
  /** `undefined` if there is no log, or its newest entry has no header yet. */
  tail: Offset | undefined;
  header: Header | undefined;
  isHandedOver: boolean;
  /** Time without growth, as seen by this process. */
  quietMs: number;
  inspectedAt: number;
  /** The writer's address refuses connections, or the process there does not write the reply. */
  isSuspect: boolean;
  wasProbed: boolean;
}

/**
 * Takes in one more inspection. Uses only the local monotonic clock and caps the gap between two
 * scans: a process that resumes from SIGSTOP must not declare every writer dead.
 */
export function renewLease(
  before: Lease | undefined,
  inspection: Pick<Lease, "latestEntry" | "tail" | "header" | "isHandedOver">,
  {
    now,
    maxGapMs,
    isSuspect,
  }: { now: number; maxGapMs: number; isSuspect: boolean },
): Lease {
  const isSame = before && progressOf(before) === progressOf(inspection);
  if (!isSame) {
    return {
      ...inspection,
      quietMs: 0,
      inspectedAt: now,
      isSuspect: false,
      wasProbed: false,
    };
  }
  const passedMs = Math.min(now - before.inspectedAt, maxGapMs);
  return {
    ...inspection,
    quietMs: before.quietMs + passedMs,
    inspectedAt: now,
    isSuspect: before.isSuspect || isSuspect,
    wasProbed: before.wasProbed,
  };
}

/** Half of a lease is patience enough with a writer that has probably died. */
export function judge(
  lease: Lease,
  leaseMs: number,
): "alive" | "probe" | "expired" {
  if (lease.isHandedOver || lease.quietMs >= leaseMs) return "expired";
  if (lease.quietMs < leaseMs / 2) return "alive";
  if (lease.isSuspect) return "expired";
  return lease.wasProbed || lease.header?.kind !== "epoch" ? "alive" : "probe";
}

/** Changes with every entry and every line. */
const progressOf = ({
  latestEntry,
  tail,
}: Pick<Lease, "latestEntry" | "tail">) =>
  `${latestEntry} ${tail ? formatOffset(tail) : ""}`;
