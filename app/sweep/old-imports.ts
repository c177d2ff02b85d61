import path from "node:path";
import { limits } from "../core/domain/records";
import { newestVersion } from "../core/storage/document-versions";
import { emptyFolder, temporaryName } from "../core/storage/exclusive-file";
import { isImport } from "../core/storage/layout/record-folders";
import { type Sweep, throttled } from "./sweep";

/** How long an import is kept after its last progress: with its file if it is not done, then with its report. */
const IMPORT_MS = limits.importDays * 86_400_000;

/** Removes imports that were not continued, reports of those that are done, and what an interrupted one left. */
export class OldImports {
  constructor(
    private readonly sweep: Sweep,
    private readonly directory: string,
  ) {}

  /** @param folder Any folder; only those of imports matter. */
  async sweepFolder(folder: string): Promise<void> {
    if (!isImport(this.directory, folder)) return;
    if ((await this.ageOf(folder)) <= IMPORT_MS) return;
    const { fileSystem, tally } = this.sweep;
    const parent = path.dirname(folder);
    const removed = path.join(parent, temporaryName());
    await fileSystem.rename(folder, removed);
    // The new name must be on disk before any part of the folder is removed.
    await fileSystem.syncDirectory(parent);
    await emptyFolder(throttled(this.sweep), removed);
    tally.imports++;
  }

  private async ageOf(folder: string): Promise<number> {
    const progress = path.join(folder, "progress");
    const names = await this.sweep.fileSystem
      .readdir(progress)
      .catch((): string[] => []);
    const newest = newestVersion(names);
    return this.sweep.age(newest ? path.join(progress, newest) : folder);
  }
}
