import path from "node:path";
import { errorCode } from "../../runtime/errors";
import { createFolder } from "../exclusive-file";
import type { FileSystem } from "../file-system";
import type { ReplyRef } from "./record-folders";

/** The sign of life of one process: a number that grows while it lives. */
export interface Heartbeat {
  process: string;
  count: number;
}

/** One name for a reply, in memory and on disk. */
export function replyName({
  ownerHash,
  conversation,
  number,
}: ReplyRef): string {
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

const nameOfBeat = ({ process, count }: Heartbeat) =>
  `beat.${process}.${count}`;

function toBeat(name: string): Heartbeat | undefined {
  const match = /^beat\.([\w-]{12})\.(\d{1,15})$/.exec(name);
  return match?.[1]
    ? { process: match[1], count: Number(match[2]) }
    : undefined;
}

/**
 * The folder that lists all replies in progress, of all owners, an empty file each; and the signs of
 * life of the processes that look after them, so that one listing tells both.
 */
export class ActiveReplyIndex {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  async list(): Promise<ReplyRef[]> {
    return (await this.look()).refs;
  }

  async look(): Promise<{ refs: ReplyRef[]; beats: Heartbeat[] }> {
    const names = await this.names();
    return {
      refs: names.map(toRef).filter((ref) => ref !== undefined),
      beats: names.map(toBeat).filter((beat) => beat !== undefined),
    };
  }

  /** Puts a sign of life in the place of the one before. */
  async beat(beat: Heartbeat): Promise<void> {
    const file = this.fileOf(beat);
    const before = this.fileOf({ ...beat, count: beat.count - 1 });
    try {
      await this.fileSystem.rename(before, file);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      // The first one, or others took this process for dead.
      await this.create(file);
    }
  }

  /** Removes a sign of life; one that isn't there is no error. */
  removeBeat(beat: Heartbeat): Promise<void> {
    return this.unlink(this.fileOf(beat));
  }

  async countOf(ownerHash: string): Promise<number> {
    const names = await this.names();
    return names.filter((name) => name.startsWith(`${ownerHash}.`)).length;
  }

  /** Adds a reply; one that is there already stays. */
  async add(ref: ReplyRef): Promise<void> {
    const file = path.join(this.folder, replyName(ref));
    await this.create(file).catch(async (error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
      await createFolder(this.fileSystem, this.folder);
      await this.create(file);
    });
  }

  /** Removes a reply; one that isn't there is no error. */
  remove(ref: ReplyRef): Promise<void> {
    return this.unlink(path.join(this.folder, replyName(ref)));
  }

  private fileOf(beat: Heartbeat): string {
    return path.join(this.folder, nameOfBeat(beat));
  }

  private async unlink(file: string): Promise<void> {
    await this.fileSystem.unlink(file).catch((error: unknown) => {
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
