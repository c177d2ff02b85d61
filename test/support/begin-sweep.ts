import pino from "pino";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { Sweep } from "../../app/sweep/sweep";

/** Begins a sweep that nothing slows down. */
export function beginSweep(
  directory: string,
  fileSystem: FileSystem = nodeFileSystem,
  {
    signal = new AbortController().signal,
    foldersPerSecond = 1e9,
  }: { signal?: AbortSignal; foldersPerSecond?: number } = {},
): Promise<Sweep> {
  return Sweep.begin(directory, {
    fileSystem,
    log: pino({ level: "silent" }),
    foldersPerSecond,
    signal,
  });
}
