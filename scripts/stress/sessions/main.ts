import { mkdir } from "node:fs/promises";
import path from "node:path";
import { hang } from "./hang";
import { stress, type StressOptions } from "./stress";

/*
 * Run by scripts/stress-sessions. Exits with 1 if the file store is at fault, or if no fault is found in
 * a store that replaces files by renaming.
 */

const scale = Number(process.env.STRESS_SCALE ?? 1);

const times = (name: string, standard: number) =>
  Math.ceil(Number(process.env[name] ?? standard * scale));

const increments = times("STRESS_INCREMENTS", 2000);
const tokens = times("STRESS_TOKENS", 300);
const logouts = times("STRESS_LOGOUTS", 40);

const say = (line: string) => process.stdout.write(`${line}\n`);

async function run(
  kind: StressOptions["kind"],
  mounts: string[],
  share: number,
) {
  const name = `stress-${kind}-${Date.now()}`;
  await mkdir(path.join(mounts[0] ?? "", name), { recursive: true });
  const begun = performance.now();
  const since = () => Math.round((performance.now() - begun) / 1000);
  const report = await stress({
    kind,
    directories: mounts.map((mount) => path.join(mount, name)),
    increments: Math.ceil((increments * share) / mounts.length),
    tokens: Math.ceil(tokens * share),
    logouts: Math.ceil(logouts * share),
    onPart: (found) => say(`  ${kind}, ${since()} s: ${JSON.stringify(found)}`),
  });
  const seconds = since();
  say(`${kind}: ${JSON.stringify({ ...report, seconds })}`);
  const { lost, missing, stale, torn, resurrected, failed } = report;
  return lost + missing + stale + torn + resurrected + failed;
}

/** @returns True if web behaved wrongly. */
async function failsOutage(mount: string, stop: string, start: string) {
  const report = await hang(mount, stop, start);
  say(`hang: ${JSON.stringify(report)}`);
  const { before, readyWhileGone, aliveWhileGone, pageWhileGone } = report;
  const statuses = [before, readyWhileGone, aliveWhileGone, pageWhileGone];
  return statuses.join() !== "200,503,200,503" || !report.isSame;
}

async function main() {
  const { NFS_A, NFS_B, NFS_STOP, NFS_START } = process.env;
  if (NFS_A && NFS_STOP && NFS_START) {
    if (await failsOutage(NFS_A, NFS_STOP, NFS_START)) process.exit(1);
    process.exit();
  }
  const local = process.argv[2] ?? "";
  const mounts =
    NFS_A && NFS_B ? [NFS_A, NFS_B] : Array.from({ length: 8 }, () => local);
  say(`${mounts.length} processes on ${mounts.join(", ")}`);
  const faults = await run("file", mounts, 1);
  const seen = await run("rename", mounts, 0.1);
  if (seen === 0) say("No fault was found in the renaming store.");
  process.exitCode = faults === 0 && seen > 0 ? 0 : 1;
}

void main();
