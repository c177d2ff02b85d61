import path from "node:path";
import { errorCode } from "../errorCode";
import type { FileSystem, OpenFile } from "./FileSystem";
import type { Files } from "./Files";
import { type JsonObject, parseObject } from "./json";

/**
 * The end of an appendable entry that its maker writes to: lines of JSON, in memory until
 * {@link flush}.
 */
export class AppendableEntry {
  private pending: Buffer[] = [];
  private flushing: Promise<void> = Promise.resolve();
  /** Bytes that are on disk. */
  private flushed = 0;

  private constructor(private readonly handle: OpenFile) {}

  /**
   * @returns `undefined` if there is such a file.
   * @throws The file system's error; the number may be taken then, by an entry without a line.
   */
  static async create(
    fileSystem: FileSystem,
    file: string,
    firstLine: JsonObject,
  ): Promise<AppendableEntry | undefined> {
    const handle = await openNew(fileSystem, file);
    if (!handle) return undefined;
    const entry = new AppendableEntry(handle);
    try {
      entry.append(firstLine);
      await entry.flush();
      await fileSystem.syncDirectory(path.dirname(file));
      return entry;
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  /** How many bytes of the file are on disk: where a reader goes on after them. */
  get bytes(): number {
    return this.flushed;
  }

  /** Adds a line, which {@link flush} writes. */
  append(line: JsonObject): void {
    this.pending.push(Buffer.from(`${JSON.stringify(line)}\n`));
  }

  /**
   * Resolves when all that was appended before is on disk.
   *
   * @throws The file system's error. Nothing is lost by it: the next flush writes the same bytes
   *   to the same place, as readers may have seen some of them.
   */
  flush(): Promise<void> {
    const mine = this.flushing.then(
      () => this.flushNow(),
      () => this.flushNow(),
    );
    this.flushing = mine;
    return mine;
  }

  /** Flushes, and closes the file whether that works or not. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.handle.close();
    }
  }

  private async flushNow(): Promise<void> {
    const count = this.pending.length;
    if (count === 0) return;
    const bytes = Buffer.concat(this.pending);
    await this.handle.write(bytes, this.flushed);
    await this.handle.sync();
    this.flushed += bytes.length;
    this.pending = this.pending.slice(count);
  }
}

async function openNew(
  fileSystem: FileSystem,
  file: string,
): Promise<OpenFile | undefined> {
  try {
    return await fileSystem.open(file, "wx");
  } catch (error) {
    if (errorCode(error) === "EEXIST") return undefined;
    throw error;
  }
}

/** Lines that were read, and the byte after the last of them. */
export interface Lines {
  lines: JsonObject[];
  next: number;
}

const NEWLINE = 10;

/** See `ExclusiveLog.readLines`. */
export async function readLines(
  files: Files,
  file: string,
  from: number,
): Promise<Lines | undefined> {
  const bytes = await readTail(files.fileSystem, file, from);
  if (!bytes) return undefined;
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
  const parsed = lines
    .map((line) => parseObject(line))
    .filter((line) => line !== undefined);
  if (parsed.length < lines.length) {
    files.onDamage({
      path: file,
      reason: `has lines that are not JSON, between bytes ${from} and ${from + end}`,
      advice: "They are left out. Restore the file from a backup, if you can.",
    });
  }
  return { lines: parsed, next: from + end };
}

/** By opening it, a network file system is made to look how long the file is now. */
async function readTail(
  fileSystem: FileSystem,
  file: string,
  from: number,
): Promise<Buffer | undefined> {
  let handle: OpenFile;
  try {
    handle = await fileSystem.open(file, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const size = await handle.size();
    return await handle.read(from, Math.max(0, size - from));
  } finally {
    await handle.close();
  }
}
