import path from "node:path";
import { errorCode } from "../../runtime/errors";
import { createFolder } from "../exclusive-file";
import type { FileSystem } from "../file-system";
import { createMarker, removeMarker } from "../marker-file";
import { type Heartbeat, parseHeartbeat } from "./heartbeats";
import type { ConversationRef, ReplyRef } from "./record-folders";

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

/** The name of a conversation's queue. Versions of the program without queues take no notice of it. */
export const queueName = ({ ownerHash, conversation }: ConversationRef) =>
  `queue.${ownerHash}.${conversation}`;

/** The conversation of such a name; `undefined` for any other name. */
export function parseQueueName(name: string): ConversationRef | undefined {
  const match = /^queue\.([0-9a-f]{64})\.([a-z2-7]{26})$/.exec(name);
  if (!match?.[1] || !match[2]) return undefined;
  return { ownerHash: match[1], conversation: match[2] };
}

/**
 * The unfinished replies of all owners, and the conversations with a queue: a folder with a marker
 * for each. The heartbeats are in the same folder, so that one listing returns all.
 *
 * A power cut can lose the marker of a reply. The reply is added again when it is next read.
 */
export class ActiveReplyIndex {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folder: string,
  ) {}

  async list(): Promise<ReplyRef[]> {
    return (await this.scan()).refs;
  }

  async scan(): Promise<{
    refs: ReplyRef[];
    queues: ConversationRef[];
    heartbeats: Heartbeat[];
  }> {
    const names = await this.names();
    return {
      refs: names.map(parseReplyName).filter((ref) => ref !== undefined),
      queues: names.map(parseQueueName).filter((ref) => ref !== undefined),
      heartbeats: names.map(parseHeartbeat).filter((one) => one !== undefined),
    };
  }

  async countOf(ownerHash: string): Promise<number> {
    const names = await this.names();
    return names.filter((name) => name.startsWith(`${ownerHash}.`)).length;
  }

  /** Idempotent. */
  add(ref: ReplyRef): Promise<void> {
    return this.create(replyName(ref));
  }

  /** Idempotent. */
  remove(ref: ReplyRef): Promise<void> {
    return this.delete(replyName(ref));
  }

  /** Idempotent. On disk when it resolves: without a reader, nothing else reminds a process of the queue. */
  async addQueue(of: ConversationRef): Promise<void> {
    await this.create(queueName(of));
    await this.fileSystem.syncDirectory(this.folder);
  }

  /** Idempotent. */
  removeQueue(of: ConversationRef): Promise<void> {
    return this.delete(queueName(of));
  }

  /** Removes the replies and queues of the conversations that match. */
  async removeAll(matches: (of: ConversationRef) => boolean): Promise<void> {
    const { refs, queues } = await this.scan();
    for (const ref of refs) if (matches(ref)) await this.remove(ref);
    for (const of of queues) if (matches(of)) await this.removeQueue(of);
  }

  private async create(name: string): Promise<void> {
    const { fileSystem, folder } = this;
    const file = path.join(folder, name);
    try {
      await createMarker(fileSystem, file);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await createFolder(fileSystem, folder);
      await createMarker(fileSystem, file);
    }
  }

  private delete(name: string): Promise<void> {
    return removeMarker(this.fileSystem, path.join(this.folder, name));
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
