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

/** Allows for the reporting pod's image pull. */
const PEER_PATIENCE_MS = 150_000;

/**
 * Checks that pods on different nodes share one directory, that only one of them can create a name,
 * and that each sees the other's appended data.
 */
export const sharedVolume: Check = {
  name: "shared-volume",
  why: "If each node has its own copy, users lose their conversations whenever another pod serves them.",
  run: async ({ config, cluster, signal }) => {
    if (config.PREFLIGHT_PEERS < 2) {
      return skipped("Needs two pods on two nodes: run scripts/preflight.");
    }
    return inEachDirectory(
      config,
      (setting, directory) =>
        between(config, cluster, setting, directory, signal),
      true,
    );
  },
};

/** Takes part in the check of the reporting pod. */
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
    // The reporting pod cleans up, unless it never came or all pods are stopped.
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

/** Explains missing peers: they did not start, or they wait in a directory of their own. */
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
      `${setting}: only ${started.length} of ${meeting.count} pods started, so sharing could not be checked.`,
      "Run kubectl describe pods -l app.kubernetes.io/component=preflight. Preflight needs capacity on a second node and a volume with ReadWriteMany.",
    );
  }
  const nodes = started.map(({ spec }) => spec.nodeName).join(" and ");
  return failure(
    `${setting}: ${meeting.count} pods run${nodes && `, on ${nodes}`}, but ${peers.length === 1 ? "none sees the others' files" : "some do not see the others' files"}. The volume is not shared between nodes.`,
    "Use a volume that all nodes share: EFS through its CSI driver (ReadWriteMany). hostPath, EBS and emptyDir volumes belong to one node.",
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
      `${setting}: a pod reached the shared directory but did not finish.`,
      "Check the logs of this Job's pods.",
    );
  }
  if (wrong.size > 0) {
    const [name, winners] = [...wrong][0] ?? ["", 0];
    return failure(
      `${setting}: between ${nodes.join(" and ")}, ${wrong.size} names were not created exactly once (${name}: ${winners} times).`,
      "Use EFS or NFSv4.1 with default options, without local locks and without a FUSE or SMB layer.",
    );
  }
  if (stale.size > 0) {
    return failure(
      `${setting}: a pod did not see data that another pod had appended and flushed.`,
      "Mount it as EFS is mounted: each node as a separate client, with close-to-open consistency (no nocto, no local cache). For a Linux NFS server with two mounts on one node, set sysctl fs.leases-enable=0 on the server.",
    );
  }
  if (nodes.length < 2) {
    return warning(
      `${setting}: shared between two pods, but both ran on node ${nodes[0]}.`,
      "Add capacity on a second node and run preflight again to check sharing between nodes.",
    );
  }
  return ok(
    `${setting}: shared between ${nodes.join(" and ")}; each name was created exactly once, and each pod saw the other's appended data.`,
  );
}
