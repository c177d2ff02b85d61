import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Heartbeat } from "../../../app/core/storage/layout/heartbeats";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import { MonitorAssignment } from "../../../app/backend/replies/failover/monitor-assignment";
import {
  nodeFileSystem,
  type FileSystem,
} from "../../../app/core/storage/file-system";
import { ref, directory, useDirectory } from "./processes";
import { scriptedModels } from "./scripted-models";
import { waitFor } from "../../support/wait-for";

const LEASE_MS = 4_000;
const names = Array.from({ length: 200 }, (_, index) => `reply ${index}`);

/** Processes that exchange heartbeats once a second, all at once. */
class Fleet {
  private nowMs = 0;
  private readonly counts = new Map<string, number>();
  readonly observers = new Map<string, MonitorAssignment>();

  start(process: string): void {
    this.counts.set(process, 0);
    const observers = new MonitorAssignment(
      process,
      LEASE_MS,
      () => this.nowMs,
    );
    this.observers.set(process, observers);
  }

  kill(process: string): void {
    this.observers.delete(process);
  }

  /** @returns The heartbeats that a process would remove. */
  pass(seconds: number): Heartbeat[] {
    const removed: Heartbeat[] = [];
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1_000;
      for (const process of this.observers.keys()) {
        this.counts.set(process, (this.counts.get(process) ?? 0) + 1);
      }
      const beats = [...this.counts].map(([process, count]) => ({
        process,
        count,
      }));
      for (const one of this.observers.values())
        removed.push(...one.update(beats));
    }
    return removed;
  }

  /** All processes stop for hours, and look before any of them has written a heartbeat. */
  suspend(hours: number): Heartbeat[] {
    this.nowMs += hours * 3_600_000;
    const beats = [...this.counts].map(([process, count]) => ({
      process,
      count,
    }));
    return [...this.observers.values()].flatMap((one) => one.update(beats));
  }

  monitorsOf(name: string): string[] {
    return [...this.observers]
      .filter(([, observers]) => observers.monitors(name))
      .map(([process]) => process);
  }
}

function fleetOf(count: number): Fleet {
  const fleet = new Fleet();
  for (let index = 0; index < count; index++) fleet.start(`process ${index}`);
  fleet.pass(2);
  return fleet;
}

describe("a reply", () => {
  it("has three monitors of many processes, which share the replies evenly", () => {
    const fleet = fleetOf(20);
    const monitors = names.map((name) => fleet.monitorsOf(name));
    for (const few of monitors) expect(few).toHaveLength(3);
    for (const process of fleet.observers.keys()) {
      const own = monitors.filter((few) => few.includes(process)).length;
      expect(own).toBeGreaterThan(10);
      expect(own).toBeLessThan(60);
    }
  });

  it("is monitored by all processes if there are three or fewer", () => {
    for (const count of [1, 2, 3]) {
      const fleet = fleetOf(count);
      for (const name of names) {
        expect(fleet.monitorsOf(name)).toHaveLength(count);
      }
    }
  });

  it("keeps two monitors when any process dies, and has three again after a lease", () => {
    const dead = "process 7";
    const fleet = fleetOf(20);
    const before = names.flatMap((name) =>
      fleet.monitorsOf(name).map((monitor) => ({ name, monitor })),
    );
    const left = before.filter(({ monitor }) => monitor !== dead);
    expect(left.length).toBeLessThan(before.length);
    fleet.kill(dead);
    for (let second = 0; second < 6; second++) {
      fleet.pass(1);
      const gaveUp = left.filter(
        ({ name, monitor }) => !fleet.observers.get(monitor)?.monitors(name),
      );
      expect(gaveUp).toEqual([]);
    }
    for (const name of names) {
      expect(fleet.monitorsOf(name)).toHaveLength(3);
    }
  });

  it("keeps its monitors when the whole machine was suspended for hours", () => {
    const fleet = fleetOf(20);
    const before = names.map((name) => fleet.monitorsOf(name));
    expect(fleet.suspend(3)).toEqual([]);
    expect(names.map((name) => fleet.monitorsOf(name))).toEqual(before);
  });

  it("is monitored by a process that sees only heartbeats of dead ones", () => {
    const fleet = fleetOf(20);
    for (const process of fleet.observers.keys()) fleet.kill(process);
    fleet.start("the next");
    fleet.pass(1);
    for (const name of names) {
      expect(fleet.monitorsOf(name)).toEqual(["the next"]);
    }
    const left = fleet.pass(100).map(({ process }) => process);
    expect(new Set(left).size).toBe(20);
  });
});

const countOf = (beat: string) => Number(beat.split(".")[2]);

describe("on disk", () => {
  useDirectory();

  /** Says a word, and then nothing. */
  const stalled = scriptedModels(() => ["So ", () => new Promise(Boolean)]);

  it("three of twelve processes inspect a reply, scan after scan", async () => {
    const looks = new Set<number>();
    const folder = path.join(directory.folder, "in-progress");
    const holder = directory.process(stalled.models, { leaseMs: 1e9 });
    await holder.start(ref);
    // No process counts as dead, however busy the machine is.
    const given = { leaseMs: 80, now: () => 0 };
    for (let index = 0; index < 12; index++) {
      const fileSystem: FileSystem = {
        ...nodeFileSystem,
        readdir: (of) => {
          if (of !== folder) looks.add(index);
          return nodeFileSystem.readdir(of);
        },
      };
      directory
        .process(stalled.models, { ...given, fileSystem })
        .startSupervision();
    }
    const beats = async () =>
      (await readdir(folder)).filter((name) => name.startsWith("beat."));
    const allAfter = (count: number) => async () => {
      const all = await beats();
      return all.length === 12 && all.every((beat) => countOf(beat) > count);
    };
    await waitFor(allAfter(1));
    // As soon as all have seen the heartbeats of all.
    await waitFor(async () => {
      looks.clear();
      const latest = Math.max(...(await beats()).map(countOf));
      await waitFor(allAfter(latest + 3));
      return looks.size === 3;
    });
    expect(looks.size).toBe(3);
  });

  it("an inspection costs four calls and reports a handover", async () => {
    const folder = path.join(directory.folder, "log");
    const writer = new ReplyLog(nodeFileSystem, folder);
    const by = { holder: "http://a", process: "p", keep: 0 };
    const entry = await writer.open(1, () => by);
    if (!entry) throw new Error("somebody else was first");
    let calls = 0;
    const counted = <T>(call: Promise<T>) => {
      calls++;
      return call;
    };
    const reader = new ReplyLog(
      {
        ...nodeFileSystem,
        readdir: (of) => counted(nodeFileSystem.readdir(of)),
        open: async (file, flags) => {
          const open = await counted(nodeFileSystem.open(file, flags));
          return {
            ...open,
            read: (...place) => counted(open.read(...place)),
            close: () => counted(open.close()),
          };
        },
      },
      folder,
    );
    let tail = entry.header.offset;
    const append = async (line: object) => {
      const data = Buffer.from(`${JSON.stringify(line)}\n`);
      await writer.append(entry.file, tail, data);
      tail = { entry: 1, bytes: tail.bytes + data.length };
    };
    const at = () => tail;
    const begin = at();
    expect(await reader.readProgress(begin)).toMatchObject({ tail: begin });
    expect(calls).toBe(4);
    await append({ text: "more" });
    expect(await reader.readProgress(begin)).toEqual({
      tail: at(),
      isHandedOver: false,
    });
    expect(calls).toBe(8);
    await append({ handover: true });
    for (const from of [begin, at()]) {
      expect(await reader.readProgress(from)).toEqual({
        tail: at(),
        isHandedOver: true,
      });
    }
    const before = at();
    await append({ text: "x".repeat(50_000) });
    // More than is looked at: all of it has to be read.
    expect(await reader.readProgress(before)).toBeUndefined();
    const next = await writer.open(2, () => by);
    expect(await reader.readProgress(at())).toBeUndefined();
    await next?.file.close();
    await entry.file.close();
  });
});
