import type { FileSystem } from "../../app/core/storage/file-system";

/**
 * A file system on which calls of some kinds always fail. Cannot notice code that minds a single failure
 * between calls that succeed: see `faulty-file-system.ts`.
 */
export function failing(
  fileSystem: FileSystem,
  code: string,
  ...kinds: (keyof FileSystem)[]
): FileSystem {
  const fail = () => Promise.reject(Object.assign(new Error(code), { code }));
  const calls = Object.fromEntries(kinds.map((kind) => [kind, fail]));
  return Object.assign(Object.create(fileSystem) as FileSystem, calls);
}
