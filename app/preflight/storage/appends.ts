import { open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Meeting, waitForNames } from "./peers";

/** The first read may fill a cache; each later one shows whether the cache is refreshed. */
const ROUNDS = 4;

/**
 * Appends lines to an open file, as the writer of a reply does. Each line is flushed, announced by a
 * new file name, and confirmed by {@link readInTurns} before the next.
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
 * Reads the appended lines of all other pods, as a reply's watchers do: opens the file each time.
 *
 * @returns The indices of the pods whose flushed lines were missing; `undefined` if a pod did not
 *   append.
 */
export async function readInTurns(
  meeting: Meeting,
): Promise<Set<number> | undefined> {
  const { folder, index: own, count } = meeting;
  const others = [...Array(count).keys()].filter((index) => index !== own);
  const stale = new Set<number>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const announced = await waitForNames(
      meeting,
      `appended-${round}-`,
      count - 1,
    );
    if (announced.length < others.length) return undefined;
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
