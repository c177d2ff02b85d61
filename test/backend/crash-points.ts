import type { FileSystem } from "../../app/core/storage/file-system";
import {
  dieAfter,
  failOnce,
  type FaultKind,
} from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { idle } from "./memory-process";

type Request = (fileSystem: FileSystem) => Promise<unknown>;

/** A request that is on disk as a whole or not at all. */
export interface Atomic<T> {
  /** What is on the disk before the request. */
  prepare?: Request;
  request: Request;
  /** Reads what a client can find. */
  look: (disk: FileSystem) => Promise<T[]>;
  /** The result of `look` once the request is acknowledged; empty without it. */
  whole: T[];
}

async function prepared({ prepare }: Pick<Atomic<unknown>, "prepare">) {
  const disk = new MemoryDisk();
  await prepare?.(disk);
  await idle();
  return disk;
}

/**
 * For each storage call of a request: the call fails, and the request is repeated.
 *
 * @returns The number of requests that failed.
 */
export async function repeatAfterEachFault<T>(
  kind: FaultKind,
  atomic: Atomic<T>,
): Promise<number> {
  const { request, look, whole } = atomic;
  let refused = 0;
  for (let call = 1; ; call++) {
    const disk = await prepared(atomic);
    const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
    const made = await request(faulty.fileSystem).catch(() => undefined);
    await idle();
    expect(made ? [whole] : [[], whole]).toContainEqual(await look(disk));
    await request(disk);
    expect(await look(disk)).toEqual(whole);
    if (!made) refused++;
    if (!faulty.hasFailed()) return refused;
  }
}

/**
 * For each storage call of a request: the power fails after it.
 *
 * @returns The number of disks that such power cuts can leave.
 */
export async function cutAfterEachCall<T>(atomic: Atomic<T>): Promise<number> {
  const { request, look, whole } = atomic;
  const disk = await prepared(atomic);
  const begin = disk.operations.length;
  await request(disk);
  const acknowledged = disk.operations.length;
  await idle();
  let disks = 0;
  for (let cut = begin; cut <= disk.operations.length; cut++) {
    for (const found of disk.cutAfter(cut)) {
      const allowed = cut < acknowledged ? [[], whole] : [whole];
      expect(allowed).toContainEqual(await look(found));
      disks++;
    }
  }
  return disks;
}

/**
 * For each storage call of a request: the process dies after it, the client sends the request again, and
 * the power fails when that is answered.
 *
 * @returns The number of deaths.
 */
export async function resendAfterEachDeath({
  prepare,
  request,
  check,
}: Pick<Atomic<unknown>, "prepare" | "request"> & {
  check: (found: FileSystem) => Promise<void>;
}): Promise<number> {
  for (let calls = 0; ; calls++) {
    const disk = await prepared({ prepare });
    const process = dieAfter(disk, calls);
    await request(process.fileSystem).catch(() => undefined);
    await idle();
    await request(disk);
    const acknowledged = disk.operations.length;
    for (const found of disk.cutAfter(acknowledged)) await check(found);
    if (!process.hasDied()) return calls;
  }
}
