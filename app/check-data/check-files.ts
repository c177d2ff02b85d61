import { createHash } from "node:crypto";
import path from "node:path";
import { idPattern } from "../core/domain/records";
import { isTemporary } from "../core/storage/exclusive-file";
import {
  type FileSystem,
  isUnreadable,
  type OpenFile,
} from "../core/storage/file-system";
import type { LogEntry } from "../core/storage/log-reader";
import { fileIdsOf, readEnd, readRecord } from "../core/storage/stored-file";
import { knownNames, NEWER } from "./check-structures";
import type { Findings } from "./findings";

/** An upload in progress has a temporary name. */
const isFile = (name: string) => idPattern.test(name) || isTemporary(name);

/**
 * Checks uploaded files, and moves damaged ones away.
 *
 * @returns The ids of those that stay.
 */
export async function checkFiles(
  findings: Findings,
  folder: string,
): Promise<Set<string>> {
  const whole = new Set<string>();
  for (const name of await knownNames(findings, folder, isFile)) {
    if (isTemporary(name)) continue;
    findings.count("files");
    const file = path.join(folder, name);
    const state = await readState(findings.fileSystem, file);
    if (state === "damaged") await findings.move(file, "is a damaged upload");
    else whole.add(name);
    if (state === "newer") {
      findings.report(file, "has the format of a later version", NEWER);
    }
  }
  return whole;
}

/** Reports files that a message has and the folder lacks. */
export function reportMissing(
  findings: Findings,
  folder: string,
  entry: LogEntry,
  whole: ReadonlySet<string>,
): void {
  for (const id of fileIdsOf(entry)) {
    if (whole.has(id) || !idPattern.test(id)) continue;
    findings.report(
      path.join(folder, id),
      "is the file of a message, and is missing",
      "Restore the file from another backup if you can.",
    );
  }
}

const PIECE_BYTES = 1024 * 1024;

type State = "whole" | "damaged" | "newer";

async function readState(fileSystem: FileSystem, name: string): Promise<State> {
  try {
    const file = await fileSystem.open(name, "r");
    try {
      if (Number((await readEnd(file))?.data.format) > 1) return "newer";
      return (await isWhole(file)) ? "whole" : "damaged";
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isUnreadable(error)) return "damaged";
    throw error;
  }
}

async function isWhole(file: OpenFile): Promise<boolean> {
  const record = await readRecord(file);
  if (!record) return false;
  const hash = createHash("sha256");
  for (let at = 0; at < record.bytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, record.bytes - at);
    hash.update(await file.read(at, length));
  }
  return hash.digest("hex") === record.sha256;
}
