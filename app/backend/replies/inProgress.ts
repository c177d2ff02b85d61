import path from "node:path";
import { errorCode } from "../../shared/errorCode";
import { makeFolder } from "../../shared/files/exclusiveFile";
import type { FileSystem } from "../../shared/files/FileSystem";
import type { ReplyRef } from "./Replies";

/** One name for a reply, in memory and on disk. */
export function nameOf({ ownerHash, conversation, number }: ReplyRef): string {
  return `${ownerHash}.${conversation}.${number}`;
}

function toRef(name: string): ReplyRef | undefined {
  const match = /^([0-9a-f]{64})\.([a-z2-7]{26})\.([1-9]\d{0,8})$/.exec(name);
  if (!match?.[1] || !match[2]) return undefined;
  return {
    ownerHash: match[1],
    conversation: match[2],
    number: Number(match[3]),
  };
}

/** The folder that lists all replies in progress, of all owners: an empty file each. */
export class InProgress {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  async list(): Promise<ReplyRef[]> {
    const names = await this.names();
    return names.map(toRef).filter((ref) => ref !== undefined);
  }

  async countOf(ownerHash: string): Promise<number> {
    const names = await this.names();
    return names.filter((name) => name.startsWith(`${ownerHash}.`)).length;
  }

  /** Adds a reply; one that is there already stays. */
  async add(ref: ReplyRef): Promise<void> {
    const file = path.join(this.folder, nameOf(ref));
    await this.create(file).catch(async (error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
      await makeFolder(this.fileSystem, this.folder);
      await this.create(file);
    });
  }

  /** Removes a reply; one that isn't there is no error. */
  async remove(ref: ReplyRef): Promise<void> {
    await this.fileSystem
      .unlink(path.join(this.folder, nameOf(ref)))
      .catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
  }

  /**
   * Not flushed: should the name be lost in a power cut, the reply is listed again as soon as
   * somebody looks at it.
   */
  private async create(file: string): Promise<void> {
    try {
      const handle = await this.fileSystem.open(file, "wx");
      await handle.close();
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }

  private async names(): Promise<string[]> {
    try {
      return await this.fileSystem.readdir(this.folder);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return [];
      throw error;
    }
  }
}
