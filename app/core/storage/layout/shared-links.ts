import path from "node:path";
import { z } from "zod";
import { errorCode } from "../../runtime/errors";
import { Id } from "../../domain/records";
import { createExclusively, createFolder, listFresh } from "../exclusive-file";
import type { FileSystem } from "../file-system";
import { token } from "../document-versions";
import { parseObject } from "../json";
import { folderOf, hashOf, isHash } from "./hashes";
import type { LinkRef, RecordFolders } from "./record-folders";

const Run = z.object({ from: z.int().min(1), to: z.int().min(1) });

/** A shared link on disk: it names messages, which never change, and has no text of them. */
export const StoredLink = z.looseObject({
  id: Id,
  conversation: Id,
  /** The conversation's title at that time. */
  title: z.string(),
  createdAt: z.string(),
  /** The hash of its token, which is stored nowhere. */
  tokenHash: z.string().refine(isHash),
  /** The turns of the thread, and the last message that there was. */
  runs: z.array(Run),
  last: z.int().min(1),
  /** The turns that were deleted at that time: restoring one does not share it. */
  without: z.array(z.int()).optional(),
  /** The number of messages. */
  messages: z.int().min(0),
});
export type StoredLink = z.output<typeof StoredLink>;

const Lookup = z.object({ ownerHash: z.string().refine(isHash), link: Id });

/**
 * The files that lead from a token to a link: each is named by the token's hash. One without its link
 * leads to nothing, and a sweep removes it.
 */
export class SharedLookups {
  constructor(
    private readonly fileSystem: FileSystem,
    private readonly folders: RecordFolders,
  ) {}

  /** Creates a lookup, on disk when this resolves. @returns False if it exists. */
  async create(tokenHash: string, ref: LinkRef): Promise<boolean> {
    const folder = this.folderOf(tokenHash);
    await createFolder(this.fileSystem, folder);
    const text = JSON.stringify({ format: 1, ...ref, token: token() });
    const isNew = await createExclusively(
      this.fileSystem,
      folder,
      tokenHash,
      Buffer.from(text),
    );
    // The process that created it may have died before it flushed the folder.
    if (!isNew) await this.fileSystem.syncDirectory(folder);
    return isNew;
  }

  /** The link of a token; `undefined` if there is none. */
  async find(secret: string): Promise<LinkRef | undefined> {
    const tokenHash = hashOf(secret);
    const known = await this.read(tokenHash);
    if (known) return known;
    // A network file system caches for a while that a name was missing.
    const names = await listFresh(this.fileSystem, this.folderOf(tokenHash));
    return names?.includes(tokenHash) ? this.read(tokenHash) : undefined;
  }

  async read(tokenHash: string): Promise<LinkRef | undefined> {
    try {
      const bytes = await this.fileSystem.readFile(this.fileOf(tokenHash));
      return Lookup.safeParse(parseObject(bytes.toString())).data;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async remove(tokenHash: string): Promise<void> {
    await this.fileSystem
      .unlink(this.fileOf(tokenHash))
      .catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
  }

  fileOf(tokenHash: string): string {
    return path.join(this.folderOf(tokenHash), tokenHash);
  }

  private folderOf(tokenHash: string): string {
    return path.dirname(folderOf(this.folders.shared, tokenHash));
  }
}
