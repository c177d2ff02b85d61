import path from "node:path";
import { errorCode } from "../../runtime/errors";
import { createFolder } from "../exclusive-file";
import type { FileSystem } from "../file-system";
import { createMarker, removeMarker } from "../marker-file";
import { type Heartbeat, parseHeartbeat } from "./heartbeats";
import type { ReplyRef } from "./record-folders";

/** The name of a reply, in memory and on disk. */
export function replyName(ref: ReplyRef): string {
  return `${ref.ownerHash}.${ref.conversation}.${ref.number}`;
}

/** The reply of a name on disk; `undefined` for any other name. */
export function parseReplyName(name: string): ReplyRef | undefined {
  const match = /^([0-9a-f]{64})\.([a-z2-7]{26})\.([1-9]\d{0,8})$/.exec(name);
  if (!match?.[1] || !match[2]) return undefined;
  return {
    ownerHash: match[1],
    conversation: match[2],
    number: Number(match[3]),
  };
}

/**
 * The unfinished replies of all owners: a folder with a marker for each. The heartbeats are in the
 * same folder, so that one listing returns both.
 *
 * A power cut can lose a marker. The reply is added again when it is next read.
 */
export class ActiveReplyIndex {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  async list(): Promise<ReplyRef[]> {
    return (await this.scan()).refs;
  }

  async scan(): Promise<{ refs: ReplyRef[]; heartbeats: Heartbeat[] }> {
    const names = await this.names();
    return {
      refs: names.map(parseReplyName).filter((ref) => ref !== undefined),
      heartbeats: names.map(parseHeartbeat).filter((one) => one !== undefined),
    };
  }

  async countOf(ownerHash: string): Promise<number> {
    const names = await this.names();
    return names.filter((name) => name.startsWith(`${ownerHash}.`)).length;
  }

  /** Idempotent. */
  async add(ref: ReplyRef): Promise<void> {
    const { fileSystem, folder } = this;
    const file = path.join(folder, replyName(ref));
    try {
      await createMarker(fileSystem, file);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await createFolder(fileSystem, folder);
      await createMarker(fileSystem, file);
    }
  }

  /** Idempotent. */
  remove(ref: ReplyRef): Promise<void> {
    return removeMarker(
      this.fileSystem,
      path.join(this.folder, replyName(ref)),
    );
  }

  /** Removes the replies that match. */
  async removeAll(matches: (ref: ReplyRef) => boolean): Promise<void> {
    for (const ref of await this.list()) {
      if (matches(ref)) await this.remove(ref);
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
