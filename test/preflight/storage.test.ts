import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { clocks } from "../../app/preflight/checks/clocks";
import { exclusiveNames } from "../../app/preflight/checks/exclusive-names";
import {
  joinAsPeer,
  sharedVolume,
} from "../../app/preflight/checks/shared-volume";
import { storageLatency } from "../../app/preflight/checks/storage-latency";
import {
  contend,
  meet,
  meetingFolder,
} from "../../app/preflight/storage/peers";
import { readPreflightConfig } from "../../app/core/config/config";
import {
  closeAll,
  clusterOf,
  run,
  serve,
  statusesOf,
  temporaryDirectory,
} from "./support";

afterEach(closeAll);

it("leaves no file in the directories that it checks", async () => {
  const SESSION_DIRECTORY = await temporaryDirectory();
  for (const check of [exclusiveNames, storageLatency, clocks]) {
    await run(check, { SESSION_DIRECTORY });
  }
  expect(await readdir(SESSION_DIRECTORY)).toEqual([]);
});

it("explains how to check directories that are not mounted", async () => {
  const [outcome] = await run(exclusiveNames);
  expect(outcome?.status).toBe("skipped");
  expect(outcome?.seen).toContain("scripts/preflight");
});

it("reports a directory that is not writable, with a remedy", async () => {
  // It refuses even root.
  const [outcome] = await run(exclusiveNames, { DATA_DIRECTORY: "/proc/self" });
  expect(outcome?.status).toBe("failure");
  expect(outcome?.seen).toBe("DATA_DIRECTORY is not writable (ENOENT).");
  expect(outcome?.todo).toContain("Mount a volume there");
});

it("confirms that a local file system gives each name one owner", async () => {
  const SESSION_DIRECTORY = await temporaryDirectory();
  const [outcome] = await run(exclusiveNames, { SESSION_DIRECTORY });
  expect(outcome?.status).toBe("ok");
});

it("reports three timings of a directory, each with its budget", async () => {
  const SESSION_DIRECTORY = await temporaryDirectory();
  const [outcome] = await run(storageLatency, { SESSION_DIRECTORY });
  expect(outcome?.seen).toMatch(
    /list \d+\.\d ms of 20, write \d+\.\d ms of 60, flush \(95 %\) \d+\.\d ms of 100/,
  );
});

describe("the clock check", () => {
  it("the clock check passes on one machine", async () => {
    const SESSION_DIRECTORY = await temporaryDirectory();
    const BACKEND_URL = await serve((_, response) => response.end("ok"));
    const outcomes = await run(clocks, { SESSION_DIRECTORY, BACKEND_URL });
    expect(statusesOf(outcomes)).toEqual(["ok", "ok"]);
  });

  it("the clock check names two differing clocks, and the one that is ahead", async () => {
    const BACKEND_URL = await serve((_, response) => {
      const ahead = new Date(Date.now() + 30_000).toUTCString();
      response.writeHead(200, { date: ahead }).end("ok");
    });
    const [outcome] = await run(clocks, { BACKEND_URL });
    expect(outcome?.status).toBe("warning");
    expect(outcome?.seen).toMatch(
      /the backend's node is \d+\.\d s ahead of this node/,
    );
  });
});

const running = (node: string) => ({
  metadata: { name: node },
  spec: { nodeName: node, containers: [] },
  status: { phase: "Running" },
});

/** @param waitSeconds The time to wait for the peers; by default until they are present. */
const pod = (
  index: number,
  node: string,
  directory: string,
  waitSeconds = 90,
) => ({
  SESSION_DIRECTORY: directory,
  JOB_COMPLETION_INDEX: String(index),
  NODE_NAME: node,
  PREFLIGHT_PEERS: "2",
  PREFLIGHT_PEER_WAIT_SECONDS: String(waitSeconds),
  PREFLIGHT_RUN: "one-run",
});

function peer(node: string, directory: string, waitMs = 90_000) {
  const config = readPreflightConfig(pod(1, node, directory));
  return joinAsPeer(config, directory, AbortSignal.timeout(waitMs)).catch(
    () => {}, // a peer that meets no other is ended by its signal
  );
}

/** A peer with stale NFS attributes: its file was cached when it had one line. */
async function peerWhoseLinesAreNotSeen(node: string, directory: string) {
  const folder = await meetingFolder(directory, "one-run");
  const signal = AbortSignal.timeout(90_000);
  const meeting = { folder, index: 1, count: 2, node, signal };
  await meet(meeting, 90_000);
  await writeFile(path.join(folder, "log-1"), "line 1\n");
  for (const round of [1, 2, 3, 4]) {
    await writeFile(path.join(folder, `appended-${round}-1`), "");
  }
  await contend(meeting);
}

describe("the volume check", () => {
  it("a volume is shared when pods on two nodes see each other's files", async () => {
    const directory = await temporaryDirectory();
    const [outcomes] = await Promise.all([
      run(sharedVolume, pod(0, "node-a", directory)),
      peer("node-b", directory),
    ]);
    expect(outcomes).toEqual([
      {
        status: "ok",
        seen: "SESSION_DIRECTORY: shared between node-a and node-b; each name was created exactly once, and each pod saw the other's appended data.",
      },
    ]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("a pod that does not see appended lines is reported, with the mount options to use", async () => {
    const directory = await temporaryDirectory();
    const [outcomes] = await Promise.all([
      run(sharedVolume, pod(0, "node-a", directory)),
      peerWhoseLinesAreNotSeen("node-b", directory),
    ]);
    expect(statusesOf(outcomes)).toEqual(["failure"]);
    expect(outcomes[0]?.seen).toContain(
      "did not see data that another pod had appended",
    );
    expect(outcomes[0]?.todo).toContain("fs.leases-enable=0");
    expect(await readdir(directory)).toEqual([]);
  });

  it("two pods on one node do not prove that a volume is shared", async () => {
    const directory = await temporaryDirectory();
    const [outcomes] = await Promise.all([
      run(sharedVolume, pod(0, "node-a", directory)),
      peer("node-a", directory),
    ]);
    expect(statusesOf(outcomes)).toEqual(["warning"]);
  });

  it("a volume of each node's own is reported as not shared", async () => {
    const cluster = clusterOf({
      "/api/v1/namespaces/keepsake/pods": {
        items: [running("node-a"), running("node-b")],
      },
    });
    const [mine, theirs] = [
      await temporaryDirectory(),
      await temporaryDirectory(),
    ];
    const [outcomes] = await Promise.all([
      run(sharedVolume, pod(0, "node-a", mine, 2), { cluster }),
      peer("node-b", theirs, 3_000),
    ]);
    expect(statusesOf(outcomes)).toEqual(["failure"]);
    expect(outcomes[0]?.seen).toContain(
      "2 pods run, on node-a and node-b, but none sees the others' files",
    );
    expect(outcomes[0]?.todo).toContain("EFS");
    expect(await readdir(mine)).toEqual([]);
    expect(await readdir(theirs)).toEqual([]);
  });

  it("a volume is not blamed when the other pod was never started", async () => {
    const cluster = clusterOf({
      "/api/v1/namespaces/keepsake/pods": { items: [] },
    });
    const directory = await temporaryDirectory();
    const [outcome] = await run(sharedVolume, pod(0, "node-a", directory, 2), {
      cluster,
    });
    expect(outcome?.seen).toContain("only 0 of 2 pods started");
  });
});
