import path from "node:path";
import { createFolder } from "../core/storage/exclusive-file";
import type { FileSystem } from "../core/storage/file-system";
import { LOST_AND_FOUND } from "../core/storage/layout/record-folders";

export interface Finding {
  /** Relative to the checked directory. */
  path: string;
  problem: string;
  /** The repair that was made, or the step that the operator can take. */
  action: string;
  isRepaired: boolean;
}

/** A repair, and the words for it. */
export interface Repair {
  /** `moved to lost+found` */
  done: string;
  apply: () => Promise<void>;
}

/** Collects what is wrong in a directory, and repairs it if asked to. Nothing is ever deleted. */
export class Findings {
  readonly all: Finding[] = [];
  /** Checked files and folders, by kind. */
  readonly checked = new Map<string, number>();

  constructor(
    readonly fileSystem: FileSystem,
    readonly directory: string,
    private readonly repairs: boolean,
  ) {}

  count(kind: string): void {
    this.checked.set(kind, (this.checked.get(kind) ?? 0) + 1);
  }

  /** Records a problem that only an operator can solve. */
  report(file: string, problem: string, advice: string): void {
    const where = path.relative(this.directory, file);
    const action = advice;
    this.all.push({ path: where, problem, action, isRepaired: false });
  }

  /** Records a problem, and applies its repair if repairs are asked for. */
  async repair(file: string, problem: string, repair: Repair): Promise<void> {
    if (this.repairs) await repair.apply();
    this.all.push({
      path: path.relative(this.directory, file),
      problem,
      action: this.repairs
        ? `${repair.done}.`
        : `With --repair it is ${repair.done}.`,
      isRepaired: this.repairs,
    });
  }

  /** Records a problem that is repaired by moving the file or folder away. */
  async move(file: string, problem: string): Promise<void> {
    await this.repair(file, problem, {
      done: `moved to ${LOST_AND_FOUND}`,
      apply: () => this.moveAway(file),
    });
  }

  private async moveAway(file: string): Promise<void> {
    const where = path.relative(this.directory, file);
    const target = path.join(this.directory, LOST_AND_FOUND, where);
    await createFolder(this.fileSystem, path.dirname(target));
    await this.fileSystem.rename(file, await this.free(target));
    await this.fileSystem.syncDirectory(path.dirname(file));
  }

  /** An earlier repair may have moved another file of this name. */
  private async free(target: string): Promise<string> {
    for (let number = 1; ; number++) {
      const name = number === 1 ? target : `${target}.${number}`;
      const isTaken = await this.fileSystem.stat(name).then(
        () => true,
        () => false,
      );
      if (!isTaken) return name;
    }
  }
}
