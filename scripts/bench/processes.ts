import { readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/** Linux counts processor time in hundredths of a second, in fields 14 and 15 of `proc(5)`'s stat. */
export function processorMs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** True if this process and its children run before all ordinary ones, as under `chrt -r 1`. */
export function isRealTime(): boolean {
  const policy = Number(statOf(process.pid)[38]);
  return policy === FIFO || policy === ROUND_ROBIN;
}

/* The scheduler's policies, as Linux numbers them. */
const FIFO = 1;
const ROUND_ROBIN = 2;

/** Resident memory of a process and all its descendants, in MiB. */
export function memoryOfTree(pid: number): number {
  return descendants(pid).reduce((sum, one) => sum + residentMiB(one), 0);
}

function descendants(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number);
  return [pid, ...children.flatMap(descendants)];
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    // It has ended.
    return undefined;
  }
}

/** Fields of `proc(5)`'s stat from the third one: the second is a name that may contain anything. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
