import { isContested, ReplyLog } from "../../app/backend/replies/log/reply-log";
import { encodeLine } from "../../app/backend/replies/log/records";
import type { Offset } from "../../app/backend/replies/log/offset";
import type { FileSystem, OpenFile } from "../../app/core/storage/file-system";
import type { MemoryDisk } from "../support/memory-disk";
import {
  brokenInvariants,
  type Delivered,
} from "../support/reply-log-invariants";
import type { Program, Scenario } from "./explorer";

const FOLDER = "/log";

/** Invariants hold in every state, so they hold whichever process crashes or freezes there. */
async function checkInvariants(
  disk: FileSystem,
  delivered: Delivered,
): Promise<void> {
  const snapshot = await new ReplyLog(disk, FOLDER).read();
  const lines = snapshot?.records ?? [];
  const [broken] = brokenInvariants(lines, delivered);
  if (broken === undefined) return;
  throw new Error(`${broken}; the log is ${JSON.stringify(lines)}`);
}

const describeEpoch = (name: string) => () => ({
  holder: name,
  process: name,
  keep: 0,
});

/** Opens an epoch, writes some lines into it, and ends the log. */
async function write(
  log: ReplyLog,
  delivered: Delivered,
  after: number,
  name: string,
  lines: number,
): Promise<void> {
  const epoch = await log.open(after + 1, describeEpoch(name));
  if (epoch)
    await writeInto(
      epoch.file,
      epoch.header.offset,
      log,
      delivered,
      name,
      lines,
    );
}

async function writeInto(
  file: OpenFile,
  after: Offset,
  log: ReplyLog,
  delivered: Delivered,
  name: string,
  lines: number,
): Promise<void> {
  let tail = after;
  for (let count = 1; count <= lines; count += 1) {
    const line = { text: `${name}${count}` };
    const data = encodeLine(line);
    if (!(await log.append(file, tail, data))) return;
    tail = { entry: tail.entry, bytes: tail.bytes + data.length };
    delivered.committed.push({ line, offset: tail });
  }
  const end = await log.seal(file, tail, Buffer.alloc(0), {
    outcome: "complete",
  });
  if (end) delivered.ends.push(end);
}

export const first =
  (delivered: Delivered, lines: number): Program =>
  (disk) =>
    write(new ReplyLog(disk, FOLDER), delivered, 0, "a", lines);

/** Continues in an epoch that {@link begun} has opened. */
export const writer =
  (delivered: Delivered, lines: number): Program =>
  async (disk) => {
    const file = await disk.open(`${FOLDER}/1`, "r");
    const length = await file.size();
    const log = new ReplyLog(disk, FOLDER);
    const tail = { entry: 1, bytes: length };
    await writeInto(file, tail, log, delivered, "a", lines);
  };

const NAMED_A = describeEpoch("a")();

export const begun: Program = (disk) =>
  new ReplyLog(disk, FOLDER).open(1, () => NAMED_A);

/** Takes over whatever it finds unfinished, however alive its writer is: no lease makes it safe. */
export const successor =
  (delivered: Delivered, name: string, lines: number): Program =>
  async (disk) => {
    const log = new ReplyLog(disk, FOLDER);
    const latest = await log.latestEntry();
    if (latest === 0) return;
    const snapshot = await log.read();
    if (snapshot?.currentHeader.kind === "end") return;
    await write(log, delivered, latest, name, lines);
  };

export const reader =
  (delivered: Delivered): Program =>
  async (disk) => {
    const snapshot = await new ReplyLog(disk, FOLDER).read();
    if (!snapshot || isContested(snapshot)) return;
    delivered.committed.push(
      ...snapshot.records.filter(({ line }) => "text" in line),
    );
  };

export const scenario = (
  programs: (delivered: Delivered) => Program[],
  options: Pick<Scenario, "retransmissions"> & {
    prepare?: Program;
    cuts?: boolean;
  } = {},
): Scenario => ({
  retransmissions: options.retransmissions,
  create: () => {
    const delivered: Delivered = { committed: [], ends: [] };
    const check = (disk: MemoryDisk) => checkInvariants(disk, delivered);
    return {
      prepare: options.prepare,
      programs: programs(delivered),
      check,
      ...(options.cuts && { checkAfterPowerCut: check }),
    };
  },
});
