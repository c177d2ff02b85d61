import { mkdir, opendir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { errorCode } from "../../core/runtime/errors";
import { claims, wins } from "./races";

/** The time-out of a step, which takes seconds at most even on a slow file system. */
const STEP_MS = 60_000;
const POLL_EVERY_MS = 200;
const ROUNDS = 40;

/** A pod's description of itself in the shared folder. */
export interface Peer {
  index: number;
  node: string;
  /** Its time, in milliseconds since 1970. */
  clock: number;
}

/** This pod's view of a meeting in a shared folder. */
export interface Meeting {
  folder: string;
  index: number;
  count: number;
  node: string;
  signal: AbortSignal;
}

/** The folder in which the pods of one run meet. */
export async function meetingFolder(
  directory: string,
  run: string,
): Promise<string> {
  const folder = path.join(directory, `preflight-${run}`);
  await mkdir(folder).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error; // another pod was first
  });
  return folder;
}

/**
 * Announces this pod and waits for all others.
 *
 * @returns The pods that came, this one included; fewer than `count` after a time-out.
 */
export async function meet(meeting: Meeting, waitMs: number): Promise<Peer[]> {
  const { folder, index, count, node } = meeting;
  const mark = JSON.stringify({ index, node, clock: Date.now() });
  await writeFile(path.join(folder, `here-${index}`), mark, { flag: "wx" });
  const names = await waitForNames(meeting, "here-", count, waitMs);
  const marks = names.map((name) => readFile(path.join(folder, name), "utf8"));
  return (await Promise.all(marks)).map((text) => JSON.parse(text) as Peer);
}

/** Tries to create every name, in competition with the other pods, and records its successes. */
export async function contend({
  folder,
  index,
  signal,
}: Meeting): Promise<void> {
  const won: string[] = [];
  for (let round = 0; round < ROUNDS && !signal.aborted; round += 1) {
    for (const [way, claim] of Object.entries(claims)) {
      const name = `${way} ${round}`;
      if (await wins(claim, folder, name, String(index))) won.push(name);
    }
  }
  await writeFile(path.join(folder, `won-${index}`), JSON.stringify(won));
}

/**
 * Waits for all pods' records.
 *
 * @returns The names that were not created exactly once, with the number of times; `undefined` if a
 *   pod did not finish.
 */
export async function contested(
  meeting: Meeting,
): Promise<Map<string, number> | undefined> {
  const { folder, count } = meeting;
  const names = await waitForNames(meeting, "won-", count);
  if (names.length < count) return undefined;
  const winners = new Map<string, number>(
    Object.keys(claims).flatMap((way) =>
      Array.from({ length: ROUNDS }, (_, round) => [`${way} ${round}`, 0]),
    ),
  );
  for (const name of names) {
    const text = await readFile(path.join(folder, name), "utf8");
    for (const won of JSON.parse(text) as string[]) {
      winners.set(won, (winners.get(won) ?? 0) + 1);
    }
  }
  return new Map([...winners].filter(([, times]) => times !== 1));
}

/**
 * Waits for names with a prefix, by listing, which network file systems never answer from a cache.
 *
 * @returns The names; fewer than `count` after a time-out.
 */
export async function waitForNames(
  { folder, signal }: Meeting,
  prefix: string,
  count: number,
  waitMs = STEP_MS,
): Promise<string[]> {
  const end = performance.now() + waitMs;
  for (;;) {
    const names = await namesIn(folder, prefix);
    if (names.length >= count || performance.now() > end) return names;
    await wait(POLL_EVERY_MS, undefined, { signal });
  }
}

async function namesIn(folder: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      if (name.startsWith(prefix)) names.push(name);
    }
  } catch (error) {
    // The reporting pod removes the folder when it is done.
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return names;
}
