import { sentence } from "../../core/texts/catalogue";
import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { keyWasUsed, VisibleError } from "../../core/domain/errors";
import { cleanFileName } from "../../core/domain/file-names";
import { type FileRef, idPattern } from "../../core/domain/records";
import { errorCode } from "../../core/runtime/errors";
import {
  createFolder,
  listFresh,
  temporaryName,
} from "../../core/storage/exclusive-file";
import type { FileSystem, OpenFile } from "../../core/storage/file-system";
import type {
  ConversationRef,
  RecordFolders,
} from "../../core/storage/layout/record-folders";
import { removeMarker } from "../../core/storage/marker-file";
import {
  encodeRecord,
  type FileRecord,
  readRecord,
} from "../../core/storage/stored-file";
import type { Inspection } from "./inspect";

export interface FileStoreDeps {
  fileSystem: FileSystem;
  folders: RecordFolders;
  now: () => Date;
  /** Begins to find out what a file is. */
  inspect: (name: string) => Inspection;
}

/** An uploaded file, before it is stored. */
export interface Upload {
  id: string;
  /** As the visitor's browser sent it. */
  name: string;
  content: AsyncIterable<Buffer>;
  /** Throws if so many bytes are too many. */
  checkSize: (bytes: number) => void;
}

/** A stored file that is open. */
export interface StoredFile {
  record: FileRecord;
  /** Reads at most `length` bytes from `position`. */
  read: OpenFile["read"];
  close: () => Promise<void>;
}

/**
 * Uploaded files. An upload is written under a temporary name, flushed, and linked to its id: it is
 * whole or absent. When a message is sent, its files get a second link in the conversation's folder,
 * before the message is saved. So a conversation's removal removes them, and the first link, which is
 * removed when the message is saved, can be lost at any time.
 */
export class FileStore {
  constructor(private readonly deps: FileStoreDeps) {}

  /**
   * Stores an upload for its owner, or finds the one that has the same id.
   *
   * @throws VisibleError if it is too large, or is no file that can be taken.
   */
  async save(ownerHash: string, upload: Upload): Promise<FileRef> {
    const folder = this.deps.folders.uploads(ownerHash);
    const temporary = path.join(folder, temporaryName());
    const file = await this.create(folder, temporary);
    try {
      const record = await this.write(file, temporary, upload);
      await this.publish(temporary, path.join(folder, upload.id), record);
      return toRef(upload.id, record);
    } finally {
      await file.close().catch(() => undefined);
      // Not awaited: the sweep removes leftovers.
      this.deps.fileSystem.unlink(temporary).catch(() => undefined);
    }
  }

  private async create(folder: string, file: string): Promise<OpenFile> {
    const { fileSystem } = this.deps;
    try {
      return await fileSystem.open(file, "wx");
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await createFolder(fileSystem, folder);
      return fileSystem.open(file, "wx");
    }
  }

  /** Writes the bytes, and then what was found in them. */
  private async write(
    file: OpenFile,
    temporary: string,
    { name: sent, content, checkSize }: Upload,
  ): Promise<FileRecord> {
    const name = cleanFileName(sent);
    const inspection = this.deps.inspect(name);
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of content) {
      checkSize(bytes + piece.length);
      hash.update(piece);
      inspection.write(piece);
      await file.write(piece, bytes);
      bytes += piece.length;
    }
    const { text, ...found } = await inspection.end(temporary, bytes);
    const textBytes = Buffer.from(text ?? "");
    const record: FileRecord = {
      format: 1,
      token: randomBytes(12).toString("hex"),
      name,
      bytes,
      sha256: hash.digest("hex"),
      at: this.deps.now().toISOString(),
      ...found,
      ...(text !== undefined && { textBytes: textBytes.length }),
    };
    const end = Buffer.concat([textBytes, encodeRecord(record)]);
    await file.write(end, bytes);
    await file.sync();
    return record;
  }

  /** @throws VisibleError (409) if the name has another file. */
  private async publish(
    temporary: string,
    target: string,
    record: FileRecord,
  ): Promise<void> {
    const { fileSystem } = this.deps;
    try {
      await fileSystem.link(temporary, target);
    } catch (error) {
      await fileSystem.refresh(path.dirname(target));
      const found = await this.readRecord(target);
      // The link took effect, or an earlier request stored the same file.
      const isThere =
        found?.sha256 === record.sha256 && found.name === record.name;
      if (!isThere) throw errorCode(error) === "EEXIST" ? keyWasUsed() : error;
    }
    await fileSystem.syncDirectory(path.dirname(target));
  }

  /** Removes an upload that no message has. A missing one is no error. */
  async discard(ownerHash: string, id: string): Promise<void> {
    const folder = this.deps.folders.uploads(ownerHash);
    await removeMarker(this.deps.fileSystem, path.join(folder, id));
  }

  /** An upload of an owner that was not sent; `undefined` if there is none. */
  async describeUpload(
    ownerHash: string,
    id: string,
  ): Promise<FileRef | undefined> {
    const file = path.join(this.deps.folders.uploads(ownerHash), id);
    const record = await this.readRecord(file);
    return record && toRef(id, record);
  }

  /** The number and the size of the uploads that no message has. */
  async measureUploads(
    ownerHash: string,
  ): Promise<{ count: number; bytes: number }> {
    const { fileSystem, folders } = this.deps;
    const folder = folders.uploads(ownerHash);
    const names = (await listFresh(fileSystem, folder)) ?? [];
    const ids = names.filter((name) => idPattern.test(name));
    const sizes = ids.map(async (id) => {
      const status = await ignoreMissing(
        fileSystem.stat(path.join(folder, id)),
      );
      return status?.size ?? 0;
    });
    const bytes = (await Promise.all(sizes)).reduce((sum, n) => sum + n, 0);
    return { count: ids.length, bytes };
  }

  /**
   * The files with these ids, of a conversation or not sent yet.
   *
   * @throws VisibleError (409) if one is missing.
   */
  async describe(
    of: ConversationRef,
    ids: readonly string[],
  ): Promise<FileRef[]> {
    const { folders } = this.deps;
    return Promise.all(
      ids.map(async (id) => {
        const record =
          (await this.readRecord(path.join(folders.files(of), id))) ??
          (await this.readRecord(path.join(folders.uploads(of.ownerHash), id)));
        if (!record) throw missing();
        return toRef(id, record);
      }),
    );
  }

  /** Gives files to a conversation, before its message is saved. @throws VisibleError (409) if one is missing. */
  async claim(of: ConversationRef, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { fileSystem, folders } = this.deps;
    const folder = folders.files(of);
    const uploads = folders.uploads(of.ownerHash);
    await createFolder(fileSystem, folder);
    for (const id of ids) {
      await this.linkOnce(path.join(uploads, id), path.join(folder, id));
    }
    // Also if they were there: the process that linked them may have died.
    await fileSystem.syncDirectory(folder);
  }

  /**
   * Gives files of a conversation to another one of its owner as well, before its messages are saved.
   *
   * @returns The ids of those that it has now. Others are missing.
   */
  async share(
    from: ConversationRef,
    to: ConversationRef,
    ids: readonly string[],
  ): Promise<Set<string>> {
    const { fileSystem, folders } = this.deps;
    const given = new Set<string>();
    if (ids.length === 0) return given;
    const folder = folders.files(to);
    await createFolder(fileSystem, folder);
    for (const id of ids.filter((one) => idPattern.test(one))) {
      const source = path.join(folders.files(from), id);
      if (await this.linkIfThere(source, path.join(folder, id))) given.add(id);
    }
    // Also if they were there: the process that linked them may have died.
    await fileSystem.syncDirectory(folder);
    return given;
  }

  private async linkIfThere(from: string, to: string): Promise<boolean> {
    try {
      await this.linkOnce(from, to);
      return true;
    } catch (error) {
      if (error instanceof VisibleError) return false;
      throw error;
    }
  }

  private async linkOnce(from: string, to: string): Promise<void> {
    const { fileSystem } = this.deps;
    try {
      await fileSystem.link(from, to);
    } catch (error) {
      if (errorCode(error) === "EEXIST") return;
      // The link may have taken effect, or an earlier call may have removed the upload.
      await fileSystem.refresh(path.dirname(to));
      if (await this.readRecord(to)) return;
      throw errorCode(error) === "ENOENT" ? missing() : error;
    }
  }

  /** Removes uploads that belong to a saved message. A failure leaves them to the sweep. */
  release(ownerHash: string, ids: readonly string[]): void {
    for (const id of ids) {
      this.discard(ownerHash, id).catch(() => undefined);
    }
  }

  /** Opens a file of a conversation, to be closed by the caller; `undefined` if it is missing or damaged. */
  async open(of: ConversationRef, id: string): Promise<StoredFile | undefined> {
    if (!idPattern.test(id)) return undefined;
    return this.openFile(path.join(this.deps.folders.files(of), id));
  }

  private async openFile(name: string): Promise<StoredFile | undefined> {
    const file = await ignoreMissing(this.deps.fileSystem.open(name, "r"));
    if (!file) return undefined;
    const close = () => file.close().catch(() => undefined);
    try {
      const record = await readRecord(file);
      if (record) return { record, read: file.read, close };
    } catch (error) {
      await close();
      throw error;
    }
    await close();
    return undefined;
  }

  private async readRecord(name: string): Promise<FileRecord | undefined> {
    const file = await this.openFile(name);
    await file?.close();
    return file?.record;
  }
}

/** A file as messages refer to it. */
function toRef(id: string, record: FileRecord): FileRef {
  const { name, type, bytes, width, height } = record;
  const { pages, textBytes, isTextCut } = record;
  return {
    id,
    name,
    type,
    bytes,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(pages !== undefined && { pages }),
    ...(textBytes !== undefined && { textBytes }),
    ...(isTextCut && { isTextCut }),
  };
}

async function ignoreMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

const missing = () => new VisibleError(409, sentence("problem.fileGone"));
