import { open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Meeting, waitForNames } from "./peers";

/** The first look may fill a cache; each one after it finds out whether that is asked again. */
const ROUNDS = 4;

/**
 * Appends line after line to one open file, as who writes a reply does. Each is flushed, told by
 * a new name, and seen by {@link readInTurns} before the next.
 */
export async function appendInTurns(meeting: Meeting): Promise<void> {
  const { folder, index } = meeting;
  const file = await open(path.join(folder, logOf(index)), "wx");
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      if (round > 1) await waitForNames(meeting, `seen-${round - 1}`, 1);
      await file.write(lineOf(round));
      await file.datasync();
      await mark(meeting, `appended-${round}-${index}`);
    }
  } finally {
    await file.close();
  }
}

/**
 * Reads what all others append, as who watches a reply does: each time the file is opened anew.
 *
 * @returns The indices of those whose lines were not there although they were flushed;
 *   `undefined` if some did not append.
 */
export async function readInTurns(
  meeting: Meeting,
): Promise<Set<number> | undefined> {
  const { folder, index: own, count } = meeting;
  const others = [...Array(count).keys()].filter((index) => index !== own);
  const stale = new Set<number>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const told = await waitForNames(meeting, `appended-${round}-`, count - 1);
    if (told.length < others.length) return undefined;
    for (const index of others) {
      const text = await readFile(path.join(folder, logOf(index)), "utf8");
      if (!text.endsWith(lineOf(round))) stale.add(index);
    }
    await mark(meeting, `seen-${round}`);
  }
  return stale;
}

const logOf = (index: number) => `log-${index}`;
const lineOf = (round: number) => `line ${round}\n`;

const mark = ({ folder }: Meeting, name: string) =>
  writeFile(path.join(folder, name), "", { flag: "wx" });
