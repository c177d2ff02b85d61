import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { waitFor } from "../../support/wait-for";
import { Cluster } from "../../../scripts/stress/replies/cluster";
import {
  faultsOf,
  SurvivingVisitor,
} from "../../../scripts/stress/replies/surviving-visitor";

let directory: string;
let cluster: Cluster;
let records: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "second-signal-"));
  records = path.join(directory, "records");
  cluster = await Cluster.start({
    webs: 1,
    backends: 1,
    dataDirectories: [records],
    sessionDirectories: [path.join(directory, "sessions")],
    secretsDirectory: path.join(directory, "secrets"),
    // A drain far longer than these tests.
    env: { DRAIN_SECONDS: "600", LEASE_SECONDS: "2", ELIZA_DELAY_MS: "50" },
  });
});

afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

/** True if part of a reply is on disk, and no end. */
async function isBeingWritten(): Promise<boolean> {
  try {
    const names = await readdir(path.join(records, "in-progress"));
    const all = await readdir(records, { recursive: true });
    const epochs = all.filter((name) => /\/replies\/2\/\d+$/.test(name));
    const texts = await Promise.all(
      epochs.map((name) => readFile(path.join(records, name), "utf8")),
    );
    const isListed = names.some((name) => /^[0-9a-f]{64}\./.test(name));
    return isListed && texts.some((text) => text.includes('{"text":'));
  } catch {
    // A listed file can be gone, or not there yet.
    return false;
  }
}

it.each(["webs", "backends"] as const)(
  "a second SIGTERM ends the %s at once without a loss",
  async (kind) => {
    const [member] = cluster[kind];
    if (!member) throw new Error(`there is none of ${kind}`);
    const visitor = new SurvivingVisitor(cluster.front.url, kind, 30_000);
    const talking = visitor.talk(() => true, 120);
    await waitFor(isBeingWritten);

    member.kill("SIGTERM");
    await waitFor(async () => !(await member.isReady()));
    member.kill("SIGTERM");
    await member.exited();
    expect(member.exits).toEqual([0]);

    member.start();
    await member.whenReady();
    await talking;
    expect(visitor.acknowledged).toHaveLength(1);
    expect(await faultsOf(visitor)).toEqual([]);
  },
);
