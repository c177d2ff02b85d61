import { randomBytes } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { NotFoundError } from "../../core/domain/errors";
import { idPattern, Import } from "../../core/domain/records";
import { errorCode } from "../../core/runtime/errors";
import {
  createFolder,
  linkExclusively,
  listFresh,
  temporaryName,
} from "../../core/storage/exclusive-file";
import type { OpenFile } from "../../core/storage/file-system";
import { toJson } from "../../core/storage/json";
import type { RecordFolders } from "../../core/storage/layout/record-folders";
import type { StorageContext } from "../../core/storage/storage-context";
import {
  DocumentExistsError,
  VersionedDocument,
} from "../../core/storage/versioned-document";
import { ElementFinder, type FoundElements } from "./find-elements";

/** The progress of an import on disk. Unknown fields are kept. */
export const StoredImport = z.looseObject(Import.shape);
export type StoredImport = z.output<typeof StoredImport>;

/** A file that is imported, and where its conversations are. */
export interface OpenSource extends FoundElements {
  read: OpenFile["read"];
  close: () => Promise<void>;
}

const Index = z.object({
  format: z.literal(1),
  elements: z.array(z.tuple([z.int(), z.int()])),
  headBytes: z.int(),
});

/** After the index: its length, and a mark. */
const END_BYTES = 8;
const MARK = "KSI1";

/**
 * The imports of an owner: each is a folder with the file as it came (`source`), and a versioned document with
 * the progress. The file is whole when it gets its name: at its end is the index of its conversations. An import
 * without a progress is not there yet.
 */
export class ImportStore {
  constructor(
    private readonly files: StorageContext,
    private readonly folders: RecordFolders,
  ) {}

  /** The imports that are there, the last begun first. */
  async list(ownerHash: string): Promise<StoredImport[]> {
    const { fileSystem } = this.files;
    const names = await listFresh(fileSystem, this.folders.imports(ownerHash));
    const ids = (names ?? []).filter((name) => idPattern.test(name));
    const found = await Promise.all(ids.map((id) => this.read(ownerHash, id)));
    return found
      .filter((one) => one !== undefined)
      .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  }

  /** @returns `undefined` if there is no such import. */
  async read(ownerHash: string, id: string): Promise<StoredImport | undefined> {
    const version = await this.progressOf(ownerHash, id).read();
    return StoredImport.safeParse(version?.data).data;
  }

  /** @returns An import that is on disk; `undefined` if there is none with this id. */
  async find(ownerHash: string, id: string): Promise<StoredImport | undefined> {
    const found = await this.read(ownerHash, id);
    // Its writer may have died after the link.
    if (found) {
      const { folder } = this.progressOf(ownerHash, id);
      await this.files.fileSystem.syncDirectory(folder);
    }
    return found;
  }

  async isDeleted(ownerHash: string, id: string): Promise<boolean> {
    const version = await this.progressOf(ownerHash, id).read();
    return version?.isTombstone === true;
  }

  /**
   * Writes a file under a temporary name.
   *
   * @throws VisibleError (413 or 422) if it is too long, or no file that can be imported.
   */
  async write(
    ownerHash: string,
    content: AsyncIterable<Buffer>,
    checkSize: (bytes: number) => void,
  ): Promise<{ temporary: string; total: number }> {
    const { fileSystem } = this.files;
    const folder = this.folders.imports(ownerHash);
    await createFolder(fileSystem, folder);
    const temporary = path.join(folder, temporaryName());
    const file = await fileSystem.open(temporary, "wx");
    try {
      const total = await writeSource(file, content, checkSize);
      await file.close();
      return { temporary, total };
    } catch (error) {
      await file.close().catch(() => undefined);
      this.drop(temporary);
      throw error;
    }
  }

  /** Removes a temporary file. A failure leaves it to the sweep. */
  drop(temporary: string): void {
    this.files.fileSystem.unlink(temporary).catch(() => undefined);
  }

  /**
   * Makes a written file an import, or finds the one that has the id.
   *
   * @throws NotFoundError if that was deleted.
   */
  async begin(
    ownerHash: string,
    temporary: string,
    progress: StoredImport,
  ): Promise<StoredImport> {
    const { fileSystem } = this.files;
    const folder = this.folders.import(ownerHash, progress.id);
    await createFolder(fileSystem, folder);
    // A file with this name is of an earlier request with the same key.
    await linkExclusively(fileSystem, temporary, folder, "source");
    await fileSystem.syncDirectory(folder);
    try {
      await this.progressOf(ownerHash, progress.id).create(toJson(progress));
      return progress;
    } catch (error) {
      if (!(error instanceof DocumentExistsError)) throw error;
      const existing = await this.read(ownerHash, progress.id);
      if (existing?.finishedAt === null) return existing;
      this.dropSource(ownerHash, progress.id);
      if (existing) return existing;
      throw new NotFoundError("import");
    }
  }

  /**
   * Saves the progress, unless another process got further.
   *
   * @returns The newest progress. @throws NotFoundError if the import was deleted meanwhile.
   */
  async save(ownerHash: string, progress: StoredImport): Promise<StoredImport> {
    const version = await this.progressOf(ownerHash, progress.id).update(
      (data) => {
        const now = StoredImport.safeParse(data).data;
        const isBehind = now && now.done > progress.done;
        const isOver = now && now.finishedAt !== null;
        return isBehind || isOver ? undefined : toJson(progress);
      },
    );
    const saved = StoredImport.safeParse(version?.data).data;
    if (saved) return saved;
    throw new NotFoundError("import");
  }

  /** Opens a file, to be closed by the caller; `undefined` if it is missing or damaged. */
  async open(ownerHash: string, id: string): Promise<OpenSource | undefined> {
    const name = path.join(this.folders.import(ownerHash, id), "source");
    const file = await this.openIfThere(name);
    if (!file) return undefined;
    const index = await readIndex(file).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    if (index) return { ...index, read: file.read, close: file.close };
    await file.close();
    return undefined;
  }

  /** True if the import was not deleted. */
  async isThere(ownerHash: string, id: string): Promise<boolean> {
    const name = path.join(this.folders.import(ownerHash, id), "source");
    try {
      await this.files.fileSystem.stat(name);
      return true;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return false;
      throw error;
    }
  }

  /** Removes the file of an import that is done. */
  dropSource(ownerHash: string, id: string): void {
    this.drop(path.join(this.folders.import(ownerHash, id), "source"));
  }

  /**
   * Removes an import. A missing one is no error. Its progress keeps a tombstone until a sweep removes the
   * folder: processes cache versions by number, so another import must not have the same ones.
   */
  async remove(ownerHash: string, id: string): Promise<void> {
    await this.progressOf(ownerHash, id).delete();
    await this.files.fileSystem
      .unlink(path.join(this.folders.import(ownerHash, id), "source"))
      .catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") throw error;
      });
  }

  private async openIfThere(name: string): Promise<OpenFile | undefined> {
    try {
      return await this.files.fileSystem.open(name, "r");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  private progressOf(ownerHash: string, id: string): VersionedDocument {
    const folder = path.join(this.folders.import(ownerHash, id), "progress");
    return new VersionedDocument(this.files, folder);
  }
}

/** @returns The number of conversations in the file. */
async function writeSource(
  file: OpenFile,
  content: AsyncIterable<Buffer>,
  checkSize: (bytes: number) => void,
): Promise<number> {
  const finder = new ElementFinder();
  let bytes = 0;
  for await (const piece of content) {
    checkSize(bytes + piece.length);
    finder.write(piece);
    await file.write(piece, bytes);
    bytes += piece.length;
  }
  const found = finder.end();
  await file.write(encodeIndex(found), bytes);
  await file.sync();
  return found.elements.length;
}

function encodeIndex(found: FoundElements): Buffer {
  const token = randomBytes(12).toString("hex");
  const json = Buffer.from(JSON.stringify({ format: 1, token, ...found }));
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32BE(json.length);
  end.write(MARK, 4);
  return Buffer.concat([json, end]);
}

async function readIndex(file: OpenFile): Promise<FoundElements | undefined> {
  const size = await file.size();
  if (size < END_BYTES) return undefined;
  const end = await file.read(size - END_BYTES, END_BYTES);
  const from = size - END_BYTES - end.readUInt32BE(0);
  if (end.toString("latin1", 4) !== MARK || from < 0) return undefined;
  const json = await file.read(from, size - END_BYTES - from);
  return Index.safeParse(parse(json)).data;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}
