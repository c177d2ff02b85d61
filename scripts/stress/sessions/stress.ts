import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { newSessionId } from "../../../app/web/sessions/session-id";
import { startProcess } from "../../../test/support/processes";
import type { Faults, Tasks } from "./worker";

export interface StressOptions {
  kind: "file" | "rename";
  /** A process runs on each: the same directory, or mounts of it. */
  directories: string[];
  /** By each process. */
  increments: number;
  /** Writes that all processes must see as soon as they are acknowledged. */
  tokens: number;
  /** Sessions that a process deletes while the others write to them. */
  logouts: number;
  /** Called with the result of each part. */
  onPart?: (found: object) => void;
}

export interface StressReport extends Faults {
  acknowledged: number;
  /** Acknowledged increments that are missing. */
  lost: number;
  logouts: number;
  /** Sessions that were found after their deletion. */
  resurrected: number;
  /** Tasks that threw, other than reads. */
  failed: number;
}

/** Lets processes, each with its own store, read, write and delete the same sessions. */
export async function stress(options: StressOptions): Promise<StressReport> {
  const file = path.join(__dirname, "worker.ts");
  const workers = options.directories.map(
    (directory) => new Worker(startProcess(file, [options.kind, directory])),
  );
  const { onPart = () => undefined } = options;
  const reported = async <T extends object>(part: Promise<T>): Promise<T> => {
    const found = await part;
    onPart(found);
    return found;
  };
  try {
    return {
      ...(await reported(increment(workers, options.increments, onPart))),
      ...(await reported(writeTokens(workers, options.tokens))),
      ...(await reported(logOut(workers, options.logouts))),
      failed: workers.reduce((sum, worker) => sum + worker.failed, 0),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Progress reports of a long run. */
const SLICES = 10;

async function increment(
  workers: Worker[],
  times: number,
  onPart: (found: object) => void,
) {
  const id = newSessionId();
  await workers[0]?.ask("create", id);
  let acknowledged = 0;
  for (let left = times, slices = SLICES; left > 0; slices--) {
    const slice = Math.ceil(left / slices);
    const counts = await Promise.all(
      workers.map((worker) => worker.ask("increment", id, slice)),
    );
    acknowledged += counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
    left -= slice;
    if (left > 0) onPart({ acknowledged });
  }
  const found = await Promise.all(
    workers.map((worker) => worker.ask("count", id)),
  );
  const least = Math.min(...found.map((count) => count ?? 0));
  return { acknowledged, lost: acknowledged - least };
}

async function writeTokens(workers: Worker[], tokens: number): Promise<Faults> {
  const id = newSessionId();
  await workers[0]?.ask("create", id);
  for (const worker of workers) await worker.ask("watch", id);
  const seen: (Faults | undefined)[] = [];
  for (let token = 1; token <= tokens; token++) {
    const writer = workers[token % workers.length];
    await writer?.ask("write", id, token);
    const reads = workers.map((worker) => worker.ask("read", id, token));
    seen.push(...(await Promise.all(reads)));
  }
  for (const worker of workers) seen.push(await worker.ask("unwatch"));
  return addUp(seen);
}

function addUp(all: (Faults | undefined)[]): Faults {
  const sum = { missing: 0, stale: 0, torn: 0 };
  for (const faults of all) {
    sum.missing += faults?.missing ?? 0;
    sum.stale += faults?.stale ?? 0;
    sum.torn += faults?.torn ?? 0;
  }
  return sum;
}

async function logOut(workers: Worker[], logouts: number) {
  let resurrected = 0;
  for (let i = 0; i < logouts; i++) {
    const id = newSessionId();
    const [ender, ...savers] = workers
      .slice(i % workers.length)
      .concat(workers.slice(0, i % workers.length)) as [Worker, ...Worker[]];
    await ender.ask("create", id);
    const saving = savers.map((saver) =>
      saver.ask("saveUntilEnded", id, 2_000),
    );
    await ender.ask("untilSaved", id);
    await ender.ask("end", id);
    const atOnce = await exists(workers, id);
    await Promise.all(saving);
    const later = await exists(workers, id);
    if (atOnce || later) resurrected++;
  }
  return { logouts, resurrected };
}

async function exists(workers: Worker[], id: string): Promise<boolean> {
  const found = await Promise.all(workers.map((w) => w.ask("exists", id)));
  return found.some(Boolean);
}

/** A process, and its pending tasks. */
class Worker {
  failed = 0;
  private readonly calls = new Map<number, (result: unknown) => void>();
  private last = 0;

  constructor(private readonly child: ReturnType<typeof startProcess>) {
    child.on("message", (message: Answer) => {
      if (message.error !== undefined) {
        this.failed++;
        process.stderr.write(`${message.error}\n`);
      }
      this.calls.get(message.call)?.(message.result);
      this.calls.delete(message.call);
    });
    child.once("close", () => {
      for (const resolve of this.calls.values()) resolve(undefined);
    });
  }

  /** @returns `undefined` if the task threw. */
  ask<N extends keyof Tasks>(
    name: N,
    ...args: Parameters<Tasks[N]> | []
  ): Promise<Awaited<ReturnType<Tasks[N]>> | undefined> {
    const call = ++this.last;
    return new Promise((resolve) => {
      this.calls.set(call, resolve as (result: unknown) => void);
      (this.child as ChildProcess).send({ call, name, args });
    });
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.ended;
  }
}

interface Answer {
  call: number;
  result?: unknown;
  error?: string;
}
