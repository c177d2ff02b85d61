import type { Coverage } from "./coverage";
import type { Target } from "./targets";

/** Far longer than any check of a short text takes on a busy machine. */
const HANG_MS = 20_000;
const MAX_LENGTH = 2_000;
/** Balances the cost of reading the coverage against inputs that are kept in vain. */
const BATCH = 10;

export interface Findings {
  runs: number;
  inputs: number;
  failure?: { input: string; error: unknown };
}

/**
 * Changes inputs, and keeps those that run a new part of the program, until the time is over or a check
 * fails.
 */
export async function fuzzTarget(
  target: Target,
  coverage: Coverage,
  { seconds, random }: { seconds: number; random: () => number },
): Promise<Findings> {
  const inputs = ["", ...target.words];
  const isKnown = new Set(inputs);
  const end = performance.now() + 1_000 * seconds;
  let runs = 0;
  let recent: string[] = [];
  while (performance.now() < end) {
    const input = inputs[runs++] ?? mutate(inputs, target.words, random);
    const begin = performance.now();
    try {
      await target.check(input);
      if (performance.now() - begin > HANG_MS) throw new Error("It hangs.");
    } catch (error) {
      return { runs, inputs: inputs.length, failure: { input, error } };
    }
    if (!isKnown.has(input)) recent.push(input);
    if (recent.length < BATCH) continue;
    if (await coverage.hasNew()) inputs.push(...recent);
    for (const one of recent) isKnown.add(one);
    recent = [];
  }
  return { runs, inputs: inputs.length };
}

/** Inserts, removes, repeats or exchanges a few parts of a known input. */
function mutate(
  inputs: string[],
  words: string[],
  random: () => number,
): string {
  const pick = (list: string[]) =>
    list[Math.floor(random() * list.length)] ?? "";
  const place = (text: string) => Math.floor(random() * (text.length + 1));
  let text = pick(inputs);
  for (let left = 1 + Math.floor(random() * 6); left > 0; left--) {
    const [from, to] = [place(text), place(text)].toSorted((a, b) => a - b);
    const part = text.slice(from, to);
    const insertion = [
      () => pick(words),
      () => pick(words) + part,
      () => part + part,
      () => pick(inputs),
      () => "",
      () => String.fromCharCode(Math.floor(random() * 0x250)),
    ][Math.floor(random() * 6)]!();
    text = text.slice(0, from) + insertion + text.slice(to);
  }
  return text.slice(0, MAX_LENGTH);
}
