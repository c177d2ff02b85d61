import path from "node:path";
import { randomBytes } from "node:crypto";
import { errorCode } from "../../../core/runtime/errors";
import { VisibleError } from "../../../core/domain/errors";
import {
  listFresh,
  createExclusively,
  createFolder,
} from "../../../core/storage/exclusive-file";
import type { FileSystem, OpenFile } from "../../../core/storage/file-system";
import {
  decodeLines,
  encodeLine,
  handover,
  isHandover,
  headerOf,
  type EndHeader,
  type EpochHeader,
  type Header,
  type Line,
  type LogRecord,
} from "./records";
import { compareOffsets, logStart, type Offset } from "./offset";

/** What a log said when it was looked at. */
export interface LogSnapshot {
  /** What follows the place that was asked from, in order; the headers are among it. */
  lines: LogRecord[];
  /** After all that the log says; where the asked place is beyond it, that place. */
  tail: Offset;
  /** The header of the newest entry that counts. */
  currentHeader: Header;
  /** Its number. */
  currentEpoch: number;
  /** The number of the newest entry, whether it counts (yet) or not. */
  latestEntry: number;
  /** Whether its holder has asked others to go on. */
  isHandedOver: boolean;
  /**
   * Whether `lines` stand for ever. They may not while somebody makes a new entry, which decides
   * how much of the one before counts.
   */
  isFinal: boolean;
}

/** What a look at a log's newest entry tells of it. */
export interface TailProgress {
  /** After the last line of it. */
  tail: Offset;
  isHandedOver: boolean;
}

/** An entry that was made by this process and to which it alone appends. */
export interface EpochFile {
  number: number;
  file: OpenFile;
  header: EpochHeader;
  /** Bytes: where the next line goes. */
  length: number;
}

interface Entry {
  number: number;
  lines: LogRecord[];
  header: Header;
}

/**
 * A log in one folder, made of numbered entries. Each was made by one process, exclusively, which
 * alone appends to it (an *epoch*), or is complete from the start (an *end*). A new entry fences
 * off the one before: its header says up to which byte that one counts.
 *
 * Why nobody who was given lines can have been given lines that don't count:
 * a writer flushes, then lists the folder, and only then hands out; a successor makes its entry,
 * and only then looks how long the one before is. So either the writer sees the successor's entry
 * and hands out nothing, or the successor sees what was flushed. Readers of files read, then list.
 */
export class ReplyLog {
  constructor(
    private readonly fileSystem: FileSystem,
    readonly folder: string,
  ) {}

  /** The number of the newest entry; 0 if there is no log. */
  async latestEntry(): Promise<number> {
    const names = (await listFresh(this.fileSystem, this.folder)) ?? [];
    return Math.max(0, ...names.filter(isNumber).map(Number));
  }

  /**
   * What the log says after a place.
   *
   * @param from A place beyond what counts of an entry is answered from the entry after it: what
   *   was there has been replaced.
   * @returns `undefined` if there is no log.
   * @throws VisibleError (400) if the place is inside a line.
   */
  async read(from: Offset = logStart): Promise<LogSnapshot | undefined> {
    for (;;) {
      const number = await this.latestEntry();
      if (number === 0) return undefined;
      const reading = await this.readUpTo(number, from);
      if (reading && (await this.latestEntry()) === number) return reading;
      // An entry is missing its header, and was the first one: there is nothing to say yet.
      if (!reading && (await this.latestEntry()) === number) return undefined;
    }
  }

  /**
   * How far an entry has grown, by four calls: for those who look at many logs again and again.
   *
   * It lists first and reads then, unlike {@link read}: a successor's entry may have cut off what
   * it tells, and a network file system may give it what the file held a moment ago. That is enough
   * to judge whether to make the next entry, and for nothing else: who judges wrongly finds that
   * name taken, or has taken over too early, or looks again. Nobody may be told of such lines.
   *
   * @param from A place in the entry that was the newest, after its first line.
   * @returns `undefined` if it isn't the newest any more, or only {@link read} can tell.
   */
  async readProgress(from: Offset): Promise<TailProgress | undefined> {
    if ((await this.latestEntry()) !== from.entry) return undefined;
    return this.withEntry(from.entry, async (file) => {
      const found = await readAfter(file, from, GROWTH_BYTES);
      if (!found || (found.isFull && found.lines.length === 0)) {
        return undefined;
      }
      const { tail, isHandedOver } = found;
      return { tail, isHandedOver };
    });
  }

  /**
   * Makes the next entry, for this process to append to.
   *
   * @param number Its number: one more than the newest that the caller saw.
   * @param describe What its header says, given what the log says before it.
   * @returns `undefined` if somebody else was first, or has been since.
   */
  async open(
    number: number,
    describe: (
      before: LogSnapshot | undefined,
    ) => Pick<EpochHeader, "holder" | "process" | "keep">,
  ): Promise<EpochFile | undefined> {
    if (number === 1) await createFolder(this.fileSystem, this.folder);
    const file = await this.create(number);
    if (!file) return undefined;
    try {
      const before = await this.readUpTo(number - 1, logStart);
      const header: EpochHeader = {
        format: 1,
        kind: "epoch",
        epoch: number,
        ...(before && { after: before.tail }),
        ...describe(before),
      };
      const data = encodeLine(header);
      await file.write(data, 0);
      await file.sync();
      await this.fileSystem.syncDirectory(this.folder);
      if ((await this.latestEntry()) === number) {
        return { number, file, header, length: data.length };
      }
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    await file.close();
    return undefined;
  }

  /**
   * Appends lines that stand from then on. Can be tried again, with the same lines first, if it
   * throws, whatever of it was done: they go to the same place.
   *
   * @returns Whether they do; `false` if the entry has been fenced off.
   */
  async append(entry: EpochFile, data: Buffer): Promise<boolean> {
    await entry.file.write(data, entry.length);
    await entry.file.sync();
    const stands = (await this.latestEntry()) === entry.number;
    // Not before: who can't list the folder tries all of it again.
    entry.length += data.length;
    return stands;
  }

  /**
   * Ends the log after an entry of this process. Can be tried again if it throws.
   *
   * @param rest What was not appended yet.
   * @returns The end as a line, or `undefined` if somebody has taken over.
   */
  async end(
    entry: EpochFile,
    rest: Buffer,
    said: Line & { outcome: string },
  ): Promise<LogRecord | undefined> {
    if (rest.length > 0) {
      await entry.file.write(rest, entry.length);
      await entry.file.sync();
    }
    const bytes = entry.length + rest.length;
    return this.endAfter({ entry: entry.number, bytes }, said);
  }

  /**
   * Ends the log after what it says up to a place, if nothing more is made of it. Can be tried
   * again if it throws.
   *
   * @param after A place in the newest entry; what it may hold beyond doesn't count.
   * @returns As {@link end}.
   */
  async endAfter(
    after: Offset,
    said: Line & { outcome: string },
  ): Promise<LogRecord | undefined> {
    const header: EndHeader = {
      format: 1,
      kind: "end",
      ...said,
      after,
      // Tells our own end from another's where the file system reports a failure for both.
      id: randomBytes(9).toString("base64url"),
    };
    const data = encodeLine(header);
    const number = after.entry + 1;
    const name = String(number);
    const { fileSystem, folder } = this;
    const made = await createExclusively(fileSystem, folder, name, data);
    return made
      ? { line: header, at: { entry: number, bytes: data.length } }
      : undefined;
  }

  private async create(number: number): Promise<OpenFile | undefined> {
    try {
      return await this.fileSystem.open(this.path(number), "wx");
    } catch (error) {
      if (errorCode(error) === "EEXIST") return undefined;
      throw error;
    }
  }

  private async readUpTo(
    newest: number,
    from: Offset,
  ): Promise<LogSnapshot | undefined> {
    const tail = await this.readTail(newest, from);
    if (tail) return tail;
    const chain = await this.readChain(newest);
    const last = chain.at(-1);
    if (!last) return undefined;
    const counting = chain.flatMap(({ lines }) => lines);
    checkPlace(counting, from);
    const end = counting.at(-1)?.at ?? logStart;
    return {
      lines: counting.filter(({ at }) => compareOffsets(at, from) > 0),
      tail: compareOffsets(end, from) > 0 ? end : from,
      currentHeader: last.header,
      currentEpoch: last.number,
      latestEntry: newest,
      isHandedOver: isHandover(counting.at(-1)),
      isFinal: last.number === newest,
    };
  }

  /** The usual case of one who follows a log: only the newest entry has grown. */
  private async readTail(
    newest: number,
    from: Offset,
  ): Promise<LogSnapshot | undefined> {
    if (from.entry !== newest || from.bytes === 0) return undefined;
    return this.withEntry(newest, async (file) => {
      const size = await file.size();
      if (size < from.bytes) return undefined;
      const head = await file.read(0, Math.min(size, HEADER_BYTES));
      const header = headerOf(decodeLines(head, { entry: newest, bytes: 0 }));
      const found = await readAfter(file, from, size - from.bytes);
      if (!header || !found) return undefined;
      const { lines, tail, isHandedOver } = found;
      return {
        lines,
        tail,
        currentHeader: header,
        currentEpoch: newest,
        latestEntry: newest,
        isHandedOver,
        isFinal: true,
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

  /** The entries that count, oldest first, each with the lines of it that count. */
  private async readChain(newest: number): Promise<Entry[]> {
    const chain: Entry[] = [];
    let sealedAt = Infinity;
    for (let number = newest; number >= 1;) {
      const entry = await this.readEntry(number);
      if (!entry) {
        // Its maker died before it said anything, or hasn't said it yet.
        number -= 1;
        continue;
      }
      const end = sealedAt;
      chain.unshift({
        ...entry,
        lines: entry.lines.filter(({ at }) => at.bytes <= end),
      });
      if (!entry.header.after) break;
      sealedAt = entry.header.after.bytes;
      number = entry.header.after.entry;
    }
    return chain;
  }

  private async readEntry(number: number): Promise<Entry | undefined> {
    const data = await this.fileSystem.readFile(this.path(number)).catch(
      // Entries before the one that is made may never have been seen here: there are none.
      (error: unknown) => {
        if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
        throw error;
      },
    );
    const lines = decodeLines(data, { entry: number, bytes: 0 });
    const header = headerOf(lines);
    return header && { number, lines, header };
  }

  private path(number: number): string {
    return path.join(this.folder, String(number));
  }
}

const HANDOVER = encodeLine(handover);

const isNumber = (name: string) => /^[1-9]\d{0,8}$/.test(name);

const NEWLINE = 0x0a;
/** More than most replies grow by between two looks. */
const GROWTH_BYTES = 16_384;
/** Far more than an epoch's header takes. */
const HEADER_BYTES = 4_096;

/** What an entry says after a place in it. */
interface TailRead extends TailProgress {
  lines: LogRecord[];
  /** Whether there may be more than was asked for. */
  isFull: boolean;
}

/**
 * What an entry says after a place in it, by one read.
 *
 * @param length How much of it is looked at, in bytes.
 * @returns `undefined` if the place is no line's end.
 */
async function readAfter(
  file: OpenFile,
  from: Offset,
  length: number,
): Promise<TailRead | undefined> {
  // The line that ends there tells of a handover, where nothing follows it.
  const seen = Math.min(from.bytes, HANDOVER.length);
  const data = await file.read(from.bytes - seen, seen + length);
  if (data[seen - 1] !== NEWLINE) return undefined;
  const lines = decodeLines(data.subarray(seen), from);
  const last = lines.at(-1);
  return {
    lines,
    tail: last?.at ?? from,
    isHandedOver: last
      ? isHandover(last)
      : data.subarray(0, seen).equals(HANDOVER),
    isFull: data.length === seen + length,
  };
}

/** What counts of an entry ends at a line, so a place that is no line's end is beyond, or wrong. */
function checkPlace(lines: LogRecord[], { entry, bytes }: Offset): void {
  const own = lines.filter(({ at }) => at.entry === entry);
  const end = own.at(-1)?.at.bytes ?? 0;
  if (bytes === 0 || bytes >= end) return;
  if (own.some(({ at }) => at.bytes === bytes)) return;
  throw new VisibleError(
    400,
    "The offset is no place in this stream. Use the Stream-Next-Offset of an earlier answer.",
  );
}
