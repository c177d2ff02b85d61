import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { harmless } from "./harmless";
import { changeOf, lineOf, type Mutant, mutantsOf } from "./mutators";

/** A mistake that can be made, and the file's text without it. */
export interface Candidate {
  file: string;
  source: string;
  mutant: Mutant;
}

/** All mistakes in a folder or file, in order. */
export function mistakesIn(within: string): Candidate[] {
  return filesIn(within).flatMap((file) => {
    const source = readFileSync(file, "utf8");
    return mutantsOf(file, source).map((mutant) => ({ file, source, mutant }));
  });
}

export function filesIn(within: string): string[] {
  if (within.endsWith(".ts")) return [within];
  return readdirSync(within, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(within, name))
    .toSorted();
}

/** True if the mistake was read before, and cannot matter. */
export function isHarmless({ file, source, mutant }: Candidate): boolean {
  return harmless.some(
    (known) =>
      known.file === file &&
      known.line === lineOf(source, mutant) &&
      known.mistake === changeOf(source, mutant),
  );
}

/** A random sample, the same for a seed and the same files. */
export function sampleOf<T>(all: T[], size: number, seed: number): T[] {
  const random = randomFrom(seed);
  const order = all.map((each) => ({ each, key: random() }));
  const sorted = order.toSorted((a, b) => a.key - b.key);
  return sorted.slice(0, size).map(({ each }) => each);
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
