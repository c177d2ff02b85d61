import path from "node:path";
import { randomBytes } from "node:crypto";
import { errorCode } from "../../../core/runtime/errors";
import { VisibleError } from "../../../core/domain/errors";
import {
  listFresh,
  createExclusively,
  createFolder,
  type FolderOptions,
} from "../../../core/storage/exclusive-file";
import type { FileSystem, OpenFile } from "../../../core/storage/file-system";
import { compareOffsets, logStart, type Offset } from "./offset";
import {
  decodeRecords,
  encodeLine,
  handover,
  headerOf,
  isHandover,
  type EndHeader,
  type EpochHeader,
  type Header,
  type Line,
  type LogRecord,
} from "./records";

/** A log, or the part of it after a requested offset, at one moment. */
export interface LogSnapshot {
  /** After the last record; the requested offset if that is beyond. */
  tail: Offset;
  /** True if the writer has asked other processes to take over. */
  isHandedOver: boolean;
  /** The records after the requested offset, headers included. */
  records: LogRecord[];
  /** Header and number of the newest entry that counts. */
  currentHeader: Header;
  currentEntry: number;
  /** Number of the newest entry, which may have no header yet. */
  latestEntry: number;
}

/**
 * True while a newer entry exists without a header. Its header will say how much of the current
 * entry counts, so until then no record of the snapshot may be given to readers.
 */
export const isContested = (snapshot: LogSnapshot) =>
  snapshot.currentEntry !== snapshot.latestEntry;

/** The end that a log has now; `undefined` while the reply is written or being retried. */
export function currentEnd(snapshot: LogSnapshot): EndHeader | undefined {
  const { currentHeader } = snapshot;
  if (isContested(snapshot) || currentHeader.kind !== "end") return undefined;
  return currentHeader;
}

/**
 * The log of one reply: a folder of numbered entries, each created exclusively by one process.
 * An *epoch* is appended to by its creator only; an *end* is complete from the start. The number
 * is the fencing token: a new entry's header says up to which byte the entry before it counts.
 *
 * Why no reader gets a committed record that is dropped later: a writer flushes, then lists the
 * folder, and only then gives records to readers. A successor creates its entry, and only then
 * reads the length of the entry before. So either the writer sees the successor's entry and gives
 * out nothing, or the successor sees what was flushed. Readers of files read first, then list.
 */
export class ReplyLog {
  constructor(
    private readonly fileSystem: FileSystem,
    readonly folder: string,
    /** For the log's folder. */
    private readonly options: FolderOptions = {},
  ) {}

  /** Number of the newest entry; 0 if there is no log. */
  async latestEntry(): Promise<number> {
    const names = (await listFresh(this.fileSystem, this.folder)) ?? [];
    return Math.max(0, ...names.filter(isNumber).map(Number));
  }

  /**
   * Reads the log after an offset. An offset beyond the part of an entry that counts is answered
   * from the entry after it, which replaced that text.
   *
   * @returns `undefined` if there is no log, or only a first entry without a header.
   * @throws VisibleError (400) if the offset is inside a line.
   */
  async read(from: Offset = logStart): Promise<LogSnapshot | undefined> {
    for (;;) {
      const latest = await this.latestEntry();
      if (latest === 0) return undefined;
      const snapshot = await this.readUpTo(latest, from);
      // Without a snapshot the first entry has no header yet.
      if ((await this.latestEntry()) === latest) return snapshot;
    }
  }

  /**
   * Reads how far an entry has grown, in four calls. For the supervisor alone: it lists first and
   * reads then, so a successor may have cut off what it reports. That is enough to judge whether to
   * try a takeover, because a wrong judgement finds the next name taken.
   *
   * @param from An offset in the entry that was the newest, after its first line.
   * @returns `undefined` if another entry is the newest now, or only {@link read} can tell.
   */
  async readProgress(
    from: Offset,
  ): Promise<Pick<LogSnapshot, "tail" | "isHandedOver"> | undefined> {
    if ((await this.latestEntry()) !== from.entry) return undefined;
    return this.withEntry(from.entry, async (file) => {
      const found = await readAfter(file, from, PROGRESS_BYTES);
      if (!found || (found.isFull && found.records.length === 0)) {
        return undefined;
      }
      const { tail, isHandedOver } = found;
      return { tail, isHandedOver };
    });
  }

  /**
   * Creates the next entry, for this process to append to. Each write to it is flushed. This is how a reply is
   * taken over.
   *
   * @param number One more than the newest entry that the caller saw.
   * @param describe Makes the header from the log before the entry.
   * @param onCreated Is called once the entry is this process's, before it is on disk.
   * @returns The open entry, its first record and the log before it; `undefined` if another process
   *   was first, or, of an entry after the first, has created a newer one since.
   * @throws The file system's error; ENOENT if the conversation was erased.
   */
  async open(
    number: number,
    describe: (
      before: LogSnapshot | undefined,
    ) => Pick<EpochHeader, "holder" | "process" | "keep">,
    onCreated: () => void = () => {},
  ): Promise<
    | {
        file: OpenFile;
        header: LogRecord<EpochHeader>;
        before: LogSnapshot | undefined;
      }
    | undefined
  > {
    if (number === 1) {
      await createFolder(this.fileSystem, this.folder, this.options);
    }
    const file = await this.create(number);
    if (!file) return undefined;
    onCreated();
    try {
      const before = await this.readUpTo(number - 1, logStart);
      const line: EpochHeader = {
        format: 1,
        kind: "epoch",
        epoch: number,
        ...(before && { after: before.tail }),
        ...describe(before),
      };
      const data = encodeLine(line);
      // Together: a local disk flushes both at once. Readers wait for a header that its name precedes.
      await Promise.all([
        file.write(data, 0),
        this.fileSystem.syncDirectory(this.folder),
      ]);
      // The first epoch's header tells readers nothing that a successor must keep, so the first append is early
      // enough to find one.
      if (number === 1 || (await this.latestEntry()) === number) {
        const offset = { entry: number, bytes: data.length };
        return { file, header: { line, offset }, before };
      }
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    await file.close();
    return undefined;
  }

  /**
   * Appends lines to an entry of this process and flushes them. After an error, call it again with
   * the same lines first.
   *
   * @param tail The offset after the lines before.
   * @returns True if they are committed; false if a newer entry has fenced this one off.
   */
  async append(file: OpenFile, tail: Offset, data: Buffer): Promise<boolean> {
    await file.write(data, tail.bytes);
    return (await this.latestEntry()) === tail.entry;
  }

  /**
   * Ends the log after an entry of this process. Can be called again after an error.
   *
   * @param tail The offset after the lines that are appended.
   * @param rest Lines that are not.
   * @returns The end record; `undefined` if another process has taken over.
   */
  async seal(
    file: OpenFile,
    { entry, bytes }: Offset,
    rest: Buffer,
    end: Line & { outcome: string },
  ): Promise<LogRecord<EndHeader> | undefined> {
    if (rest.length > 0) await file.write(rest, bytes);
    return this.sealAt({ entry, bytes: bytes + rest.length }, end);
  }

  /**
   * Ends the log at an offset of its newest entry, dropping what that entry holds beyond it. Can
   * be called again after an error.
   *
   * @returns As {@link seal}.
   */
  async sealAt(
    after: Offset,
    end: Line & { outcome: string },
  ): Promise<LogRecord<EndHeader> | undefined> {
    const line: EndHeader = {
      format: 1,
      kind: "end",
      ...end,
      after,
      // Tells this end from another's if the file system reports a failure for both.
      id: randomBytes(9).toString("base64url"),
    };
    const data = encodeLine(line);
    const entry = after.entry + 1;
    const { fileSystem, folder } = this;
    const name = String(entry);
    if (!(await createExclusively(fileSystem, folder, name, data))) {
      return undefined;
    }
    return { line, offset: { entry, bytes: data.length } };
  }

  private async create(number: number): Promise<OpenFile | undefined> {
    try {
      return await this.fileSystem.open(this.path(number), "wxs");
    } catch (error) {
      if (errorCode(error) === "EEXIST") return undefined;
      throw error;
    }
  }

  private async readUpTo(
    latestEntry: number,
    from: Offset,
  ): Promise<LogSnapshot | undefined> {
    const tail = await this.readTail(latestEntry, from);
    if (tail) return tail;
    const chain = await this.readChain(latestEntry);
    const current = chain.at(-1);
    if (!current) return undefined;
    const records = chain.flatMap((entry) => entry.records);
    checkOffset(records, from);
    const last = records.at(-1);
    const end = last?.offset ?? logStart;
    return {
      ...current,
      records: records.filter(({ offset }) => compareOffsets(offset, from) > 0),
      tail: compareOffsets(end, from) > 0 ? end : from,
      latestEntry,
      isHandedOver: isHandover(last),
    };
  }

  /** The usual case for a follower: only the newest entry has grown. */
  private async readTail(
    number: number,
    from: Offset,
  ): Promise<LogSnapshot | undefined> {
    if (from.entry !== number || from.bytes === 0) return undefined;
    return this.withEntry(number, async (file) => {
      const size = await file.size();
      if (size < from.bytes) return undefined;
      const start = await file.read(0, Math.min(size, HEADER_BYTES));
      const entryStart = { entry: number, bytes: 0 };
      const currentHeader = headerOf(decodeRecords(start, entryStart));
      const found = await readAfter(file, from, size - from.bytes);
      if (!currentHeader || !found) return undefined;
      const { records, tail, isHandedOver } = found;
      return {
        records,
        tail,
        currentHeader,
        currentEntry: number,
        latestEntry: number,
        isHandedOver,
      };
    });
  }

  private async withEntry<T>(
    number: number,
    use: (file: OpenFile) => Promise<T>,
  ): Promise<T> {
    const file = await this.fileSystem.open(this.path(number), "r");
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /** The entries that count, oldest first, each with those of its records that count. */
  private async readChain(latest: number) {
    const chain: Pick<
      LogSnapshot,
      "records" | "currentHeader" | "currentEntry"
    >[] = [];
    let sealedAt = Infinity;
    for (let number = latest; number >= 1;) {
      const all = await this.readEntry(number);
      const currentHeader = headerOf(all);
      if (!currentHeader) {
        // Its creator died before it wrote the header, or hasn't written it yet.
        number -= 1;
        continue;
      }
      const end = sealedAt;
      const records = all.filter(({ offset }) => offset.bytes <= end);
      chain.unshift({ records, currentHeader, currentEntry: number });
      const { after } = currentHeader;
      if (!after) break;
      sealedAt = after.bytes;
      number = after.entry;
    }
    return chain;
  }

  private async readEntry(number: number): Promise<LogRecord[]> {
    const data = await this.fileSystem.readFile(this.path(number)).catch(
      // A power cut can lose an entry whose creator had not flushed the folder yet.
      (error: unknown) => {
        if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
        throw error;
      },
    );
    return decodeRecords(data, { entry: number, bytes: 0 });
  }

  private path(number: number): string {
    return path.join(this.folder, String(number));
  }
}

const HANDOVER = encodeLine(handover);

const isNumber = (name: string) => /^[1-9]\d{0,8}$/.test(name);

const NEWLINE = 0x0a;
/** More than most replies grow by between two scans. */
const PROGRESS_BYTES = 16_384;
/** Far more than an epoch's header takes. */
const HEADER_BYTES = 4_096;

/**
 * Reads an entry after an offset, in one call.
 *
 * @param length Bytes to read at most.
 * @returns `undefined` if no line ends at the offset. `isFull` if there may be more to read.
 */
async function readAfter(file: OpenFile, from: Offset, length: number) {
  // The line that ends at the offset may be the handover.
  const overlap = Math.min(from.bytes, HANDOVER.length);
  const data = await file.read(from.bytes - overlap, overlap + length);
  if (data[overlap - 1] !== NEWLINE) return undefined;
  const records = decodeRecords(data.subarray(overlap), from);
  const last = records.at(-1);
  return {
    records,
    tail: last?.offset ?? from,
    isHandedOver: last
      ? isHandover(last)
      : data.subarray(0, overlap).equals(HANDOVER),
    isFull: data.length === overlap + length,
  };
}

/** An offset where no line ends is either beyond what counts of its entry, or wrong. */
function checkOffset(records: LogRecord[], { entry, bytes }: Offset): void {
  const own = records.filter(({ offset }) => offset.entry === entry);
  const end = own.at(-1)?.offset.bytes ?? 0;
  if (bytes === 0 || bytes >= end) return;
  if (own.some(({ offset }) => offset.bytes === bytes)) return;
  throw new VisibleError(
    400,
    "The offset is not in this stream. Use the Stream-Next-Offset of an earlier response.",
  );
}
