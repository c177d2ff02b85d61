import { cp } from "node:fs/promises";
import path from "node:path";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import type { Tally } from "../../app/sweep/sweep";
import { type RecordTerms, sweepRecords } from "../../app/sweep/sweep-records";
import { beginSweep } from "./begin-sweep";
import { dieAfter } from "./faulty-file-system";
import { backend, useBackend } from "./fixtures";
import { temporaryFolders } from "./temporary-folder";

/** The records of the test's backend. */
export let records: string;

/**
 * Starts a backend for each test of the file, and sweeps its records.
 *
 * @returns `sweep` sweeps once, and returns the counts. `killEverywhere` kills a sweep after each of
 *   its calls in turn, each on a copy of the records, and returns their number.
 */
export function useSweptRecords(terms: RecordTerms) {
  const newFolder = temporaryFolders();
  useBackend(beforeEach, afterEach);
  beforeEach(() => {
    records = path.join(backend.directory, "records");
  });
  const sweep = async (
    directory = records,
    fileSystem: FileSystem = nodeFileSystem,
  ): Promise<Tally> => {
    const begun = await beginSweep(directory, fileSystem);
    await sweepRecords(begun, directory, terms);
    return begun.tally;
  };
  const killEverywhere = async (
    check: (directory: string) => Promise<void>,
  ): Promise<number> => {
    for (let count = 0; ; count++) {
      const copy = await newFolder();
      await cp(records, copy, { recursive: true, preserveTimestamps: true });
      const { fileSystem, hasDied } = dieAfter(nodeFileSystem, count);
      await sweep(copy, fileSystem).catch(() => undefined);
      await check(copy);
      if (!hasDied()) return count;
    }
  };
  return { sweep, killEverywhere };
}
