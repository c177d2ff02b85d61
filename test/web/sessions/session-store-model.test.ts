import assert from "node:assert/strict";
import pino from "pino";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import type {
  FileSystem,
  OpenFile,
} from "../../../app/core/storage/file-system";
import { Sweep } from "../../../app/sweep/sweep";
import { sweepSessions } from "../../../app/sweep/sweep-sessions";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { newSessionId } from "../../../app/web/sessions/session-id";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import { MemoryDisk } from "../../support/memory-disk";
import { fc, runs } from "../../support/fast-check";

/*
 * Processes on one disk, whose system calls interleave arbitrarily, with time passing between them. Their
 * results are compared with a model: a set of keys, and a flag for a deleted session.
 */

/**
 * Lets a scheduler decide when each call happens.
 *
 * @param pause Turns that a process waits before it links a name, in which others may finish.
 */
function inTurns(
  fileSystem: FileSystem,
  turn: (label: string) => Promise<unknown>,
  pause = 0,
): FileSystem {
  const taking =
    <A extends unknown[], T>(
      label: string,
      call: (...given: A) => Promise<T>,
    ) =>
    async (...given: A) => {
      await turn(label);
      return call(...given);
    };
  const file = (handle: OpenFile): OpenFile => ({
    write: taking("write", handle.write),
    read: taking("read", handle.read),
    size: taking("size", handle.size),
    sync: taking("sync", handle.sync),
    close: taking("close", handle.close),
  });
  return {
    readdir: taking("readdir", fileSystem.readdir),
    entries: fileSystem.entries,
    readFile: taking("readFile", fileSystem.readFile),
    open: async (...given) => {
      await turn("open");
      return file(await fileSystem.open(...given));
    },
    link: async (...given) => {
      for (let i = 0; i <= pause; i++) await turn("link");
      await fileSystem.link(...given);
    },
    unlink: taking("unlink", fileSystem.unlink),
    mkdir: taking("mkdir", fileSystem.mkdir),
    rmdir: taking("rmdir", fileSystem.rmdir),
    rename: taking("rename", fileSystem.rename),
    stat: taking("stat", fileSystem.stat),
    syncDirectory: taking("syncDirectory", fileSystem.syncDirectory),
    refresh: taking("refresh", fileSystem.refresh),
  };
}

type Task =
  | { kind: "set"; fromOld: boolean }
  | { kind: "count" | "read" | "sweep" | "end" }
  | { kind: "wait"; ms: number };

const simple = (kind: "count" | "read" | "sweep" | "end") =>
  fc.constant({ kind });

const task: fc.Arbitrary<Task> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      fromOld: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: simple("count") },
  { weight: 4, arbitrary: simple("read") },
  { weight: 1, arbitrary: simple("sweep") },
  { weight: 1, arbitrary: simple("end") },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      // Includes ages at which old versions are removed.
      ms: fc.constantFrom(1_000, 20_000, 61_000, 700_000),
    }),
  },
);

/** Sequences of operations, one per visitor. The last visitor shares a process with the first. */
const visitors = fc.tuple(
  ...[0, 1, 2, 0].map((process) =>
    fc.record({
      process: fc.constant(process),
      tasks: fc.array(task, { maxLength: 10 }),
    }),
  ),
);

const id = newSessionId();

class World {
  now = 1_700_000_000_000;
  readonly disk = new MemoryDisk(undefined, () => this.now);
  readonly stores: SessionStore[];
  /** The model. */
  readonly saved = new Set<string>();
  counted = 0;
  /** Failed writes may have been saved or not. */
  unsure = 0;
  endings = 0;
  private keys = 0;
  ended = false;

  constructor(
    private readonly turn: (label: string) => Promise<unknown>,
    pauses: number[],
  ) {
    const now = () => this.now;
    this.stores = pauses.map((pause) =>
      createFileSessionStore({
        directory: "/sessions",
        idleMs: 1e15,
        absoluteMs: 1e15,
        now,
        files: createStorageContext({
          fileSystem: inTurns(this.disk, turn, pause),
          now: () => ({ monotonic: this.now, wall: this.now }),
        }),
      }),
    );
  }

  async run(process: number, tasks: Task[]): Promise<void> {
    const store = this.stores[process] as SessionStore;
    for (const each of tasks) {
      await this.turn(each.kind);
      if (each.kind === "wait") this.now += each.ms;
      else if (each.kind === "set") await this.set(store, each.fromOld);
      else if (each.kind === "count") await this.count(store);
      else if (each.kind === "read") await this.read(store);
      else if (each.kind === "end") await this.end(store);
      else await this.sweep();
    }
  }

  private async set(store: SessionStore, fromOld: boolean) {
    const from = fromOld ? await store.read(id) : undefined;
    if (fromOld) await this.turn("think");
    const key = `key${this.keys++}`;
    const saved = await this.attempt(() =>
      store.save(id, {}, { [key]: 1 }, from),
    );
    if (saved && saved !== "failed") this.saved.add(key);
    this.requireEndingFor(saved);
  }

  private async count(store: SessionStore) {
    const base = { versions: { n: 0 } };
    const saved = await this.attempt(() =>
      store.save(id, base, { versions: { n: 1 } }),
    );
    if (saved === "failed") this.unsure++;
    else if (saved) this.counted++;
    this.requireEndingFor(saved);
  }

  /** Only a writer that took too long may fail, because the outcome of its link is unknown. */
  private async attempt<T>(work: () => Promise<T>): Promise<T | "failed"> {
    try {
      return await work();
    } catch (error) {
      assert.match(String(error), /took too long/);
      return "failed";
    }
  }

  private requireEndingFor(saved: unknown) {
    assert.ok(saved !== undefined || this.endings > 0, "gone without an end");
  }

  private async read(store: SessionStore) {
    const before = [...this.saved];
    const counted = this.counted;
    const hadEnded = this.ended;
    const session = await store.read(id);
    this.check(session?.values, before, counted, hadEnded);
  }

  private check(
    values: Record<string, unknown> | undefined,
    keys: string[],
    counted: number,
    hadEnded: boolean,
  ) {
    assert.ok(values === undefined || !hadEnded, "there after its end");
    assert.ok(values !== undefined || this.endings > 0, "missing");
    if (!values) return;
    const lost = keys.filter((key) => !(key in values));
    assert.deepEqual(lost, [], "acknowledged, and not there");
    const versions = values.versions as { n: number } | undefined;
    assert.ok((versions?.n ?? 0) >= counted, "a count was lost");
  }

  private async end(store: SessionStore) {
    this.endings++;
    const ended = await this.attempt(() => store.end(id));
    if (ended !== "failed") this.ended = true;
  }

  private async sweep() {
    const sweep = await Sweep.begin("/sessions", {
      fileSystem: inTurns(this.disk, this.turn),
      log: pino({ level: "silent" }),
      foldersPerSecond: 1e9,
      signal: new AbortController().signal,
    });
    await sweepSessions(sweep, "/sessions", 1e14);
    assert.equal(sweep.tally.failed, 0);
  }

  /** After all operations, a new process must find exactly the acknowledged writes. */
  async finish() {
    const store = new World(() => Promise.resolve(), [0]);
    Object.assign(store.disk, { nodes: Reflect.get(this.disk, "nodes") });
    const found = await store.stores[0]?.read(id);
    this.check(found?.values, [...this.saved], this.counted, this.ended);
    const versions = found?.values.versions as { n: number } | undefined;
    const most = this.counted + this.unsure;
    assert.ok((versions?.n ?? 0) <= most, "a count was counted twice");
  }
}

const count = Number(globalThis.process.env.MODEL_RUNS ?? runs(30));

test(
  "behaves like the model in every interleaving of three processes",
  async () => {
    const property = fc.asyncProperty(
      visitors,
      fc.array(fc.constantFrom(0, 0, 30, 100), { minLength: 3, maxLength: 3 }),
      fc.scheduler(),
      async (lanes, pauses, scheduler) => {
        let isOpen = false;
        const turn = (label: string) =>
          isOpen
            ? scheduler.schedule(Promise.resolve(), label)
            : Promise.resolve();
        const world = new World(turn, pauses);
        await world.disk.mkdir("/sessions");
        await world.stores[0]?.create(id, { owner: "o" });
        isOpen = true;
        const running = Promise.all(
          lanes.map(({ process, tasks }) => world.run(process, tasks)),
        );
        await scheduler.waitFor(running);
        isOpen = false;
        await scheduler.waitAll();
        await world.finish();
      },
    );
    const checked = fc.assert(property, { numRuns: count });
    await expect(checked).resolves.toBeUndefined();
  },
  Math.max(240_000, count * 200),
);
