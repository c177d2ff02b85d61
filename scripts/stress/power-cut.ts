import { readFileSync } from "node:fs";
import path from "node:path";
import {
  createStorageContext,
  type Damage,
} from "../../app/core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { createFileSessionStore } from "../../app/web/sessions/file-session-store";

/*
 * Runs in the machine of scripts/cut-power, with the directory on a disk that outlives the machine:
 *
 *   power-cut.js load DIRECTORY ROUND      saves until killed; prints a line per acknowledged save.
 *   power-cut.js check DIRECTORY FILE      exits with 1 if a save in those lines is missing.
 *                                         FILE may be a disk.
 *
 * Processes may load concurrently, each with its own ROUND. Each creates sessions, and also saves to
 * shared ones. A fourth argument `unflushed` disables flushes, which a check must detect.
 */

const [command, directory = "", target = "", mode] = process.argv.slice(2);
const damages: Damage[] = [];

const unflushed: FileSystem = {
  ...nodeFileSystem,
  syncDirectory: () => Promise.resolve(),
  open: (file, flags) =>
    nodeFileSystem.open(file, flags === "wxs" ? "wx" : flags),
};

const store = createFileSessionStore({
  directory: path.resolve(directory),
  files: createStorageContext({
    fileSystem: mode === "unflushed" ? unflushed : nodeFileSystem,
    onDamage: (damage) => damages.push(damage),
  }),
  idleMs: 1e12,
  absoluteMs: 1e12,
  now: Date.now,
});

const shared = ["a", "b", "c"].map((letter) => letter.repeat(32));

async function load(round: string): Promise<void> {
  for (const id of shared) {
    await store.create(id, {}).catch(() => undefined);
  }
  const lanes = [0, 1, 2, 3].map((lane) => loadLane(`${round}-${lane}`));
  await Promise.all(lanes);
}

async function loadLane(name: string): Promise<void> {
  for (let n = 1; ; n++) {
    const own = `${name}-${n}`;
    await store.create(own, { n });
    printSaved(own, "n", n);
    const id = shared[n % shared.length] ?? "";
    await store.save(id, {}, { [name]: n });
    printSaved(id, name, n);
  }
}

const printSaved = (id: string, key: string, n: number) =>
  process.stdout.write(`saved ${id} ${key} ${n}\n`);

async function check(file: string): Promise<void> {
  const lines = readFileSync(file, "utf8").matchAll(
    /^saved (\S+) (\S+) (\d+)$/gm,
  );
  const last = new Map<string, number>();
  for (const [, id, key, n] of lines) last.set(`${id} ${key}`, Number(n));
  let lost = 0;
  for (const [where, n] of last) {
    const [id = "", key = ""] = where.split(" ");
    const found = (await store.read(id))?.values[key];
    if (Number(found ?? 0) >= n) continue;
    lost++;
    process.stdout.write(
      `lost ${where}: ${n}, found ${JSON.stringify(found)}\n`,
    );
  }
  for (const { path: damaged } of damages)
    process.stdout.write(`damaged ${damaged}\n`);
  process.stdout.write(
    `checked ${last.size}, lost ${lost}, damaged ${damages.length}\n`,
  );
  process.exitCode = lost + damages.length > 0 || last.size === 0 ? 1 : 0;
}

void (command === "load" ? load(target) : check(target));
