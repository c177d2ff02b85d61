import { createHash } from "node:crypto";
import path from "node:path";
import { setImmediate as drainMicrotasks } from "node:timers/promises";
import { errorCode } from "../../app/core/runtime/errors";
import type { FileSystem, OpenFile } from "../../app/core/storage/file-system";
import {
  isTemporary,
  temporaryName,
} from "../../app/core/storage/exclusive-file";
import { MemoryDisk } from "../support/memory-disk";

/*
 * Explores every interleaving of a few processes that use one disk. Each storage call that another
 * process could notice is a step; before each, the explorer chooses the next process. A process that is
 * never chosen again has crashed or is frozen, so invariants of every state hold after every crash.
 *
 * A process is deterministic in the results of its calls. Two runs with equal disks and equal results in
 * every process continue alike, so only one of them is followed.
 *
 * Two neighbouring steps of different processes that touch nothing in common lead to the same state in
 * either order. Sleep sets (Godefroid) leave out the second order: all states are reached, in fewer runs.
 */

/*
 * Two runs are equal only if their random bytes are. Import this file before the program's: modules that
 * are loaded earlier have real random bytes, which `explore` refuses.
 */
jest.mock("node:crypto", () => ({
  ...jest.requireActual<object>("node:crypto"),
  randomBytes: (size: number) => countedBytes(size),
}));

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

/** A step's part in the order: looks at names or contents, changes contents, or changes names. */
type Effect = "list" | "read" | "write" | "name";

interface Call {
  process: number;
  name: string;
  effect: Effect;
  paths: string[];
  /** True if a retransmission would report EEXIST. */
  canBeRepeated: boolean;
  run: () => Promise<unknown>;
  settle: (outcome: Promise<unknown>) => void;
}

interface Choice {
  /** Index of the pending call that runs next. */
  call: number;
  isRepeated: boolean;
  step: Step;
}

/** A step that can be taken in several states. */
interface Step extends Pick<Call, "process" | "effect" | "paths"> {
  id: string;
  isRepeated: boolean;
}

/** Steps that need not be taken in a state, because another order has taken them. */
type Sleeping = Map<string, Step>;

interface Branch {
  prefix: Choice[];
  sleeping: Sleeping;
}

/** The running process, and its count of random values, which makes runs repeatable. */
export const running = { process: 0, random: [] as number[] };

/** Stands for `randomBytes`: different for each call, and the same in each run. */
function countedBytes(size: number): Buffer {
  const { process, random } = running;
  const count = (random[process] = (random[process] ?? 0) + 1);
  return Buffer.alloc(size, `${process}.${count};`);
}

/** Follows all interleavings. @throws The first broken invariant, with the steps that lead to it. */
export async function explore(scenario: Scenario): Promise<Explored> {
  const [one, other] = [1, 2].map(() => {
    running.random = [];
    return temporaryName();
  });
  if (one !== other) throw new Error("Import the explorer before the program.");
  const seen = new Map<string, Sleeping>();
  const open: Branch[] = [{ prefix: [], sleeping: new Map() }];
  const explored = { states: 0, runs: 0, steps: 0 };
  for (let branch = open.pop(); branch; branch = open.pop()) {
    explored.runs += 1;
    const run = new Run(scenario);
    try {
      await run.begin();
      for (const choice of branch.prefix) await run.take(choice);
      await follow(run, branch.sleeping, seen, open);
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

/** Runs until nothing new is ahead, and leaves the other choices on the way to later runs. */
async function follow(
  run: Run,
  sleepingAtFirst: Sleeping,
  seen: Map<string, Sleeping>,
  open: Branch[],
): Promise<void> {
  let sleeping = sleepingAtFirst;
  for (;;) {
    const key = run.key();
    const before = seen.get(key);
    if (!before) await run.check();
    const isDue = ({ step: { id } }: Choice) =>
      !sleeping.has(id) && (before?.has(id) ?? true);
    const [first, ...others] = run.choices().filter(isDue);
    if (before) sleeping = intersection(before, sleeping);
    seen.set(key, sleeping);
    if (!first) return;
    const branches: Branch[] = [];
    const taken = new Map(sleeping).set(first.step.id, first.step);
    for (const other of others) {
      const prefix = [...run.taken, other];
      branches.push({ prefix, sleeping: stillSleeping(taken, other.step) });
      taken.set(other.step.id, other.step);
    }
    // The last is followed first, and must come after those that it leaves to others.
    open.push(...branches.toReversed());
    sleeping = stillSleeping(sleeping, first.step);
    await run.take(first);
  }
}

const stillSleeping = (sleeping: Sleeping, step: Step): Sleeping =>
  new Map([...sleeping].filter(([, other]) => areIndependent(step, other)));

const intersection = (some: Sleeping, others: Sleeping): Sleeping =>
  new Map([...some].filter(([id]) => others.has(id)));

/** True if the two steps lead to the same state in either order. */
function areIndependent(one: Step, other: Step): boolean {
  if (one.process === other.process) return false;
  // They share the number of retransmissions that are left.
  if (one.isRepeated && other.isRepeated) return false;
  const effects = new Set([one.effect, other.effect]);
  const isChange = effects.has("write") || effects.has("name");
  if (!isChange) return true;
  if (effects.has("list") && effects.has("write")) return true;
  return !one.paths.some((a) => other.paths.some((b) => areRelated(a, b)));
}

/** True if one path is the other, or leads to it. */
const areRelated = (a: string, b: string) =>
  `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

/** An execution, driven step by step. */
class Run {
  readonly taken: Choice[] = [];
  readonly trace: string[] = [];
  private readonly world: ReturnType<Scenario["create"]>;
  private readonly disk = new MemoryDisk();
  private readonly pending: Call[] = [];
  private readonly histories: string[] = [];
  private readonly failures: unknown[] = [];
  /** Number of steps of each process: with its number, the name of its next one. */
  private readonly counts: number[] = [];
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
    return this.pending.flatMap((each, call) => {
      const choice = (isRepeated: boolean): Choice => ({
        call,
        isRepeated,
        step: this.stepOf(each, isRepeated),
      });
      const canBeRepeated = left > 0 && each.canBeRepeated;
      return canBeRepeated ? [choice(false), choice(true)] : [choice(false)];
    });
  }

  private stepOf(
    { process, name, effect, paths }: Call,
    isRepeated: boolean,
  ): Step {
    const count = this.counts[process] ?? 0;
    const id = `${process}.${count}: ${name}${isRepeated ? ", repeated" : ""}`;
    // What processes share beside the disk may depend on any order.
    return this.world.observed
      ? { id, process, effect: "name", paths: ["/"], isRepeated }
      : { id, process, effect, paths, isRepeated };
  }

  async take(choice: Choice): Promise<void> {
    const [call] = this.pending.splice(choice.call, 1);
    if (!call) throw new Error("The run can't be repeated: no such call.");
    this.taken.push(choice);
    this.counts[call.process] = (this.counts[call.process] ?? 0) + 1;
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
      effect: Effect,
      name: string,
      run: () => Promise<T>,
      paths: string[],
    ): Promise<T> =>
      new Promise<T>((resolve) => {
        this.pending.push({
          process,
          name,
          effect,
          paths,
          canBeRepeated: /^(link|mkdir) /.test(name),
          run,
          settle: (outcome) => resolve(outcome as Promise<T>),
        });
      });
    const openFile = (file: string, handle: OpenFile): OpenFile => {
      // No other process looks into a file before it has its name.
      if (isTemporary(path.basename(file))) return handle;
      return {
        write: (data, position) =>
          step(
            "write",
            `write ${file} at ${position}`,
            () => handle.write(data, position),
            [file],
          ),
        read: (position, length) =>
          step(
            "read",
            `read ${file} at ${position}`,
            () => handle.read(position, length),
            [file],
          ),
        size: () =>
          step("read", `size of ${file}`, () => handle.size(), [file]),
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    };
    const change = (verb: string, paths: string[], run: () => Promise<void>) =>
      step("name", `${verb} ${paths.join(" ")}`, run, paths);
    return {
      readdir: (folder) =>
        step(
          "list",
          `list ${folder}`,
          async () => {
            const all = await names.find(folder, () => disk.readdir(folder));
            names.refresh(folder);
            return listed(all);
          },
          [folder],
        ),
      entries: (folder) => disk.entries(folder),
      readFile: (file, maxBytes) =>
        step(
          "read",
          `read ${file}`,
          () => names.find(file, () => disk.readFile(file, maxBytes)),
          [file],
        ),
      open: async (file, flags) => {
        const make = () => disk.open(file, flags);
        const effect = flags === "r" ? "read" : "name";
        const handle = isTemporary(path.basename(file))
          ? await make()
          : await step(effect, `open ${file} ${flags}`, make, [file]);
        return openFile(file, handle);
      },
      link: (file, name) => change("link", [name], () => disk.link(file, name)),
      unlink: (file) =>
        isTemporary(path.basename(file))
          ? disk.unlink(file)
          : change("unlink", [file], () => disk.unlink(file)),
      mkdir: (folder) => change("mkdir", [folder], () => disk.mkdir(folder)),
      rmdir: (folder) => change("rmdir", [folder], () => disk.rmdir(folder)),
      rename: (from, to) =>
        change("rename", [from, to], () => disk.rename(from, to)),
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
