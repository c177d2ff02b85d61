import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type as systemType } from "node:os";
import path from "node:path";
import { isRealTime } from "../processes";

/** The machine's state at one moment. */
export interface Moment {
  at: Date;
  /** The average of running processes over a minute. */
  load: number;
}

export const machineNow = (): Moment => ({
  at: new Date(),
  load: loadavg()[0] ?? NaN,
});

export function describeMachine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 1_024 ** 3);
  return `${processors.length} processors (${processors[0]?.model.trim()}), ${memory} GiB of memory, ${systemType()} ${release()}`;
}

export function describeLoad(begun: Moment, ended: Moment): string {
  const loads = `${begun.load.toFixed(1)} when the run began, ${ended.load.toFixed(1)} when it ended, the run's own load included`;
  return isRealTime()
    ? `${loads}. Everything measured ran with real-time priority (\`chrt\`), before the machine's other work, with which it shares the disk`
    : loads;
}

export function describeVersions(): string {
  const venv = process.env["PEERS_VENV"] ?? "";
  const requirements = readFileSync(
    "scripts/bench/peers/requirements.txt",
    "utf8",
  );
  const pinned = requirements.match(/^[\w-]+==.*$/gm) ?? [];
  return [
    `Keepsake ${output("git", "describe", "--always", "--dirty")}`,
    `Node ${process.version.slice(1)}`,
    output(process.env["CHROMIUM_PATH"] ?? "chromium", "--version"),
    output(path.join(venv, "bin/python"), "--version"),
    ...pinned.map((line) => line.replace("==", " ")),
  ].join(", ");
}

const output = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
