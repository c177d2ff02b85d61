import type { FileSystem, OpenFile } from "../../app/core/storage/file-system";

export const FAULT_KINDS = ["refused", "half done", "done and denied"] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  /** Number of the failing call, from 1. */
  call: number;
  code: string;
  kind: FaultKind;
}

const errnos: Record<string, number> = { ESTALE: -116, EDQUOT: -122 };

/** An error as the system reports it; Node 20 has no name for some. */
function systemError(code: string): Error {
  const errno = errnos[code];
  const known = errno === undefined ? code : `Unknown system error ${errno}`;
  return Object.assign(new Error(code), { code: known, errno });
}

type Guard = <T>(
  work: () => Promise<T>,
  half?: () => Promise<unknown>,
) => Promise<T>;

/** A file system with a single failing call. Two faults at once are left to scripts/stress. */
export function failOnce(
  fileSystem: FileSystem,
  fault: Fault,
): { fileSystem: FileSystem; hasFailed: () => boolean; calls: () => number } {
  let calls = 0;
  const guard: Guard = async (work, half) => {
    if (++calls !== fault.call) return work();
    if (fault.kind === "half done") await half?.();
    if (fault.kind === "done and denied") await work();
    throw systemError(fault.code);
  };
  return {
    calls: () => calls,
    hasFailed: () => calls >= fault.call,
    fileSystem: guardAll(fileSystem, guard),
  };
}

/** The file system of a process that is killed after some calls: later ones have no effect. */
export function dieAfter(
  fileSystem: FileSystem,
  count: number,
): { fileSystem: FileSystem; hasDied: () => boolean } {
  let calls = 0;
  const guard: Guard = (work) =>
    ++calls > count ? Promise.reject(systemError("EIO")) : work();
  return {
    hasDied: () => calls > count,
    fileSystem: {
      ...guardAll(fileSystem, guard),
      open: async (file, flags) => {
        const handle = await guard(() => fileSystem.open(file, flags));
        // The system closes the files of a killed process.
        return { ...guardFile(handle, guard), close: () => handle.close() };
      },
    },
  };
}

/**
 * The file system of a process that freezes before a call, counted from 1, until it is thawed. By
 * default it never freezes.
 */
export function freezeBefore(fileSystem: FileSystem, call = Infinity) {
  let calls = 0;
  let freeze: () => void = Boolean;
  let thaw: () => void = Boolean;
  const frozen = new Promise<void>((resolve) => (freeze = resolve));
  const thawed = new Promise<void>((resolve) => (thaw = resolve));
  const guard: Guard = async (work) => {
    if (++calls >= call) {
      freeze();
      await thawed;
    }
    return work();
  };
  return {
    fileSystem: guardAll(fileSystem, guard),
    calls: () => calls,
    /** Resolves when the process reaches that call. */
    frozen,
    thaw,
  };
}

function guardAll(fileSystem: FileSystem, guard: Guard): FileSystem {
  const guarded =
    <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
    (...given: A) =>
      guard(() => call(...given));
  return {
    readdir: guarded(fileSystem.readdir),
    entries: fileSystem.entries,
    readFile: guarded(fileSystem.readFile),
    open: async (file, flags) =>
      guardFile(await guard(() => fileSystem.open(file, flags)), guard),
    link: guarded(fileSystem.link),
    unlink: guarded(fileSystem.unlink),
    mkdir: guarded(fileSystem.mkdir),
    rmdir: guarded(fileSystem.rmdir),
    rename: guarded(fileSystem.rename),
    stat: guarded(fileSystem.stat),
    syncDirectory: guarded(fileSystem.syncDirectory),
    refresh: guarded(fileSystem.refresh),
  };
}

function guardFile(file: OpenFile, guard: Guard): OpenFile {
  return {
    write: (data, position) =>
      guard(
        () => file.write(data, position),
        () => file.write(data.subarray(0, data.length >> 1), position),
      ),
    read: (position, length) => guard(() => file.read(position, length)),
    size: () => guard(() => file.size()),
    sync: () => guard(() => file.sync()),
    close: () => guard(() => file.close()),
  };
}
