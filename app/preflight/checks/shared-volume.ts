import { rm } from "node:fs/promises";
import type { PreflightConfig } from "../../core/config/config";
import {
  type Check,
  failure,
  ok,
  type Outcome,
  skipped,
  warning,
} from "../check";
import type { Cluster } from "../cluster/cluster";
import { podsOf } from "../cluster/objects";
import { appendInTurns, readInTurns } from "../storage/appends";
import { inEachDirectory } from "../storage/directories";
import {
  contend,
  contested,
  meet,
  type Meeting,
  meetingFolder,
  type Peer,
} from "../storage/peers";

/** The one that reports may come late: its image has to be pulled. */
const PEER_PATIENCE_MS = 150_000;

/**
 * Do pods on different nodes see one directory, does a name still have one winner between them, and
 * is what one appends there for the other.
 */
export const sharedVolume: Check = {
  name: "shared-volume",
  why: "If two nodes have each their own copy, people lose their conversations whenever another pod answers.",
  run: async ({ config, cluster, signal }) => {
    if (config.PREFLIGHT_PEERS < 2) {
      return skipped(
        "Needs two pods on two nodes. Run this as a Job (scripts/preflight).",
      );
    }
    return inEachDirectory(
      config,
      (setting, directory) =>
        between(config, cluster, setting, directory, signal),
      true,
    );
  },
};

/** What a pod does that only helps the one which reports: it comes, contends, appends, and goes. */
export async function joinAsPeer(
  config: PreflightConfig,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const meeting = await meetingOf(config, directory, signal);
  let met = false;
  try {
    const peers = await meet(meeting, PEER_PATIENCE_MS);
    met = peers.length === meeting.count;
    if (!met) return;
    await contend(meeting);
    await appendInTurns(meeting);
  } finally {
    // The one that reports tidies up, unless it never came, or all are told to go.
    if (!met || signal.aborted) {
      await rm(meeting.folder, { recursive: true, force: true });
    }
  }
}

async function between(
  config: PreflightConfig,
  cluster: Cluster | undefined,
  setting: string,
  directory: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const meeting = await meetingOf(config, directory, signal);
  try {
    const peers = await meet(
      meeting,
      config.PREFLIGHT_PEER_WAIT_SECONDS * 1000,
    );
    if (peers.length < meeting.count) {
      return await alone(setting, meeting, peers, cluster);
    }
    await contend(meeting);
    const wrong = await contested(meeting);
    const stale = wrong && (await readInTurns(meeting));
    return judge(setting, peers, wrong, stale);
  } finally {
    await rm(meeting.folder, { recursive: true, force: true });
  }
}

async function meetingOf(
  config: PreflightConfig,
  directory: string,
  signal: AbortSignal,
): Promise<Meeting> {
  return {
    folder: await meetingFolder(directory, config.PREFLIGHT_RUN),
    index: config.JOB_COMPLETION_INDEX,
    count: config.PREFLIGHT_PEERS,
    node: config.NODE_NAME,
    signal,
  };
}

/** Others did not come: either they never started, or they wait in a directory of their own. */
async function alone(
  setting: string,
  meeting: Meeting,
  peers: Peer[],
  cluster: Cluster | undefined,
): Promise<Outcome> {
  const others = cluster ? await podsOf(cluster, "preflight") : [];
  const started = others.filter(({ status }) =>
    ["Running", "Succeeded", "Failed"].includes(status.phase),
  );
  if (cluster && started.length < meeting.count) {
    return failure(
      `${setting}: only ${started.length} of ${meeting.count} pods could be started, so sharing was not seen.`,
      "See why with kubectl describe pods -l app.kubernetes.io/component=preflight: a second node with room, or a volume that can be mounted by many (ReadWriteMany), may be missing.",
    );
  }
  const nodes = started.map(({ spec }) => spec.nodeName).join(" and ");
  return failure(
    `${setting}: ${meeting.count} pods run${nodes && `, on ${nodes}`}, but what ${peers.length === 1 ? "one writes" : "some write"} the others don't see. The volume is not shared between nodes.`,
    "Use a volume that all nodes share: EFS through its CSI driver (ReadWriteMany). A hostPath, an EBS volume or an emptyDir is each node's own.",
  );
}

function judge(
  setting: string,
  peers: Peer[],
  wrong: Map<string, number> | undefined,
  stale: Set<number> | undefined,
): Outcome {
  const nodes = [...new Set(peers.map(({ node }) => node))];
  if (wrong === undefined || stale === undefined) {
    return failure(
      `${setting}: a pod came to the shared directory but did not finish.`,
      "See the logs of the pods of this Job.",
    );
  }
  if (wrong.size > 0) {
    const [name, winners] = [...wrong][0] ?? ["", 0];
    return failure(
      `${setting}: between ${nodes.join(" and ")}, ${wrong.size} names did not have one owner (${name}: ${winners}).`,
      "Use EFS or NFSv4.1 with its default options: no local locks, no FUSE or SMB layer between.",
    );
  }
  if (stale.size > 0) {
    return failure(
      `${setting}: what a pod had appended to a file, and flushed, another did not see when it opened that file.`,
      "Mount it as EFS is mounted: each node as a client of its own, with close-to-open consistency (no nocto, no local caching layer). Some NFS servers let two mounts of one node keep what they read: on Linux, sysctl fs.leases-enable=0 on the server stops that.",
    );
  }
  if (nodes.length < 2) {
    return warning(
      `${setting}: shared between two pods, but both ran on ${nodes[0]}.`,
      "Give the cluster a second node with room, and run this again: only that proves sharing between nodes.",
    );
  }
  return ok(
    `${setting}: shared between ${nodes.join(" and ")}; every name that both wanted had one owner, and what one appended the other saw.`,
  );
}
