import { createHash } from "node:crypto";
import path from "node:path";
import { setImmediate as drainMicrotasks } from "node:timers/promises";
import { errorCode } from "../../app/core/runtime/errors";
import type { FileSystem, OpenFile } from "../../app/core/storage/file-system";
import { isTemporary } from "../../app/core/storage/exclusive-file";
import { MemoryDisk } from "../support/memory-disk";

/*
 * Explores every interleaving of a few processes that use one disk. Each storage call that another
 * process could notice is a step; before each, the explorer chooses the next process. A process that is
 * never chosen again has crashed or is frozen, so invariants of every state hold after every crash.
 *
 * A process is deterministic in the results of its calls. Two runs with equal disks and equal results in
 * every process continue alike, so only one of them is followed.
 */

/** The work of a process, through its own file system. */
export type Program = (fileSystem: FileSystem) => Promise<unknown>;

export interface Scenario {
  /** Called for each run: the processes, and the data that they share. */
  create: () => {
    /** Done before the programs begin. */
    prepare?: Program;
    programs: Program[];
    /** Facts that programs took from each other and not from the disk: they tell states apart. */
    observed?: () => string;
    /** Checked in every state. @throws If an invariant is broken. */
    check: (disk: MemoryDisk) => Promise<void>;
    /** Checked on every disk that a power cut may leave in a state; its absence leaves cuts out. */
    checkAfterPowerCut?: (disk: MemoryDisk) => Promise<void>;
  };
  /** True if each process remembers missing names until it opens their folder, as NFS clients do. */
  staleNames?: boolean;
  /** Maximum number of retransmitted calls: they took effect, but report EEXIST. */
  retransmissions?: number;
}

export interface Explored {
  states: number;
  runs: number;
  steps: number;
}

interface Call {
  process: number;
  name: string;
  /** True if a retransmission would report EEXIST. */
  canBeRepeated: boolean;
  run: () => Promise<unknown>;
  settle: (outcome: Promise<unknown>) => void;
}

interface Choice {
  /** Index of the pending call that runs next. */
  call: number;
  isRepeated: boolean;
}

/** The running process, and its count of random values, which makes runs repeatable. */
export const running = { process: 0, random: [] as number[] };

/** Stands for `randomBytes`: different for each call, and the same in each run. */
export function countedBytes(size: number): Buffer {
  const { process, random } = running;
  const count = (random[process] = (random[process] ?? 0) + 1);
  return Buffer.alloc(size, `${process}.${count};`);
}

/** Follows all interleavings. @throws The first broken invariant, with the steps that lead to it. */
export async function explore(scenario: Scenario): Promise<Explored> {
  const seen = new Set<string>();
  const open: Choice[][] = [[]];
  const explored = { states: 0, runs: 0, steps: 0 };
  for (let prefix = open.pop(); prefix; prefix = open.pop()) {
    explored.runs += 1;
    const run = new Run(scenario);
    try {
      await run.begin();
      for (const choice of prefix) await run.take(choice);
      for (;;) {
        const key = run.key();
        if (seen.has(key)) break;
        seen.add(key);
        await run.check();
        const [first, ...others] = run.choices();
        for (const other of others) open.push([...run.taken, other]);
        if (!first) break;
        await run.take(first);
      }
    } catch (error) {
      const steps = run.trace.join("\n  ");
      throw new Error(`After these steps:\n  ${steps}\n${String(error)}`, {
        cause: error,
      });
    }
    explored.steps += run.taken.length;
  }
  explored.states = seen.size;
  return explored;
}

/** An execution, driven step by step. */
class Run {
  readonly taken: Choice[] = [];
  readonly trace: string[] = [];
  private readonly world: ReturnType<Scenario["create"]>;
  private readonly disk = new MemoryDisk();
  private readonly pending: Call[] = [];
  private readonly histories: string[] = [];
  private readonly failures: unknown[] = [];
  private repeated = 0;

  constructor(private readonly scenario: Scenario) {
    running.random = [];
    this.world = scenario.create();
  }

  async begin(): Promise<void> {
    running.process = this.world.programs.length;
    await this.world.prepare?.(this.disk);
    for (const [process, program] of this.world.programs.entries()) {
      this.histories.push("");
      running.process = process;
      program(this.fileSystemOf(process)).catch((error: unknown) =>
        this.failures.push(error),
      );
      await drainMicrotasks();
    }
  }

  choices(): Choice[] {
    const left = (this.scenario.retransmissions ?? 0) - this.repeated;
    return this.pending.flatMap(({ canBeRepeated }, call) => [
      { call, isRepeated: false },
      ...(left > 0 && canBeRepeated ? [{ call, isRepeated: true }] : []),
    ]);
  }

  async take(choice: Choice): Promise<void> {
    const [call] = this.pending.splice(choice.call, 1);
    if (!call) throw new Error("The run can't be repeated: no such call.");
    this.taken.push(choice);
    let outcome = call.run();
    if (choice.isRepeated) {
      this.repeated += 1;
      outcome = outcome.then(() => {
        throw Object.assign(new Error("EEXIST"), { code: "EEXIST" });
      });
    }
    const result = await outcome.then(
      (value) => describe(value),
      (error: unknown) => `! ${String(error)}`,
    );
    const step = `${call.process}: ${call.name} → ${result}`;
    this.trace.push(step);
    this.histories[call.process] = digest(
      `${this.histories[call.process]}\n${step}`,
    );
    running.process = call.process;
    call.settle(outcome);
    await drainMicrotasks();
  }

  /** The same for two runs that continue alike. */
  key(): string {
    return digest(
      [
        ...this.histories,
        this.world.observed?.() ?? "",
        this.repeated,
        contents(this.disk),
      ].join("\n"),
    );
  }

  async check(): Promise<void> {
    if (this.failures.length > 0) throw this.failures[0];
    const { check, checkAfterPowerCut } = this.world;
    running.process = this.histories.length;
    await check(this.disk.copy());
    if (!checkAfterPowerCut) return;
    for (const cut of this.disk.cutAfter(this.disk.operations.length)) {
      await checkAfterPowerCut(cut);
    }
  }

  private fileSystemOf(process: number): FileSystem {
    const { disk } = this;
    const names = new KnownNames(this.scenario.staleNames ?? false);
    const step = <T>(
      name: string,
      run: () => Promise<T>,
      canBeRepeated = false,
    ): Promise<T> =>
      new Promise<T>((resolve) => {
        this.pending.push({
          process,
          name,
          canBeRepeated,
          run,
          settle: (outcome) => resolve(outcome as Promise<T>),
        });
      });
    const openFile = (file: string, handle: OpenFile): OpenFile => {
      // No other process looks into a file before it has its name.
      if (isTemporary(path.basename(file))) return handle;
      return {
        write: (data, position) =>
          step(`write ${file} at ${position}`, () =>
            handle.write(data, position),
          ),
        read: (position, length) =>
          step(`read ${file} at ${position}`, () =>
            handle.read(position, length),
          ),
        size: () => step(`size of ${file}`, () => handle.size()),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    };
    return {
      readdir: (folder) =>
        step(`list ${folder}`, async () => {
          const all = await names.find(folder, () => disk.readdir(folder));
          names.refresh(folder);
          return listed(all);
        }),
      entries: (folder) => disk.entries(folder),
      readFile: (file) =>
        step(`read ${file}`, () => names.find(file, () => disk.readFile(file))),
      open: async (file, flags) => {
        const make = () => disk.open(file, flags);
        const handle = isTemporary(path.basename(file))
          ? await make()
          : await step(`open ${file} ${flags}`, make);
        return openFile(file, handle);
      },
      link: (file, name) =>
        step(`link ${name}`, () => disk.link(file, name), true),
      unlink: (file) =>
        isTemporary(path.basename(file))
          ? disk.unlink(file)
          : step(`unlink ${file}`, () => disk.unlink(file)),
      mkdir: (folder) =>
        step(`mkdir ${folder}`, () => disk.mkdir(folder), true),
      rmdir: (folder) => step(`rmdir ${folder}`, () => disk.rmdir(folder)),
      rename: (from, to) =>
        step(`rename ${from} ${to}`, () => disk.rename(from, to)),
      stat: (file) => disk.stat(file),
      syncDirectory: (folder) => disk.syncDirectory(folder),
      refresh: async (folder) => {
        await names.find(folder, () => disk.refresh(folder));
        names.refresh(folder);
      },
    };
  }
}

/** The names that were missing when a process looked for them. */
class KnownNames {
  private readonly missing = new Set<string>();

  constructor(private readonly isStale: boolean) {}

  async find<T>(name: string, look: () => Promise<T>): Promise<T> {
    if (this.missing.has(name)) {
      throw Object.assign(new Error(`ENOENT: ${name}`), { code: "ENOENT" });
    }
    return look().catch((error: unknown) => {
      if (this.isStale && errorCode(error) === "ENOENT") this.missing.add(name);
      throw error;
    });
  }

  /** The folder was opened. */
  refresh(folder: string): void {
    for (const name of this.missing) {
      if (path.dirname(name) === folder) this.missing.delete(name);
    }
  }
}

/** Temporary names are never looked at, so that they make no state of their own. */
const listed = (names: string[]) =>
  names.filter((name) => !isTemporary(name)).toSorted();

function describe(value: unknown): string {
  if (Buffer.isBuffer(value)) return JSON.stringify(value.toString());
  if (typeof value === "object" && value && "sync" in value) return "ok";
  return value === undefined ? "ok" : JSON.stringify(value);
}

const contents = (disk: MemoryDisk): string =>
  disk
    .dump()
    .filter(([name]) => !isTemporary(path.basename(name)))
    .map(([name, data]) => `${name}=${data}`)
    .toSorted()
    .join("\n");

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("base64");
