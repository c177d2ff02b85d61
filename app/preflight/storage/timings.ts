import { performance } from "node:perf_hooks";

/** Runs `action` repeatedly after a warm-up; returns its durations in milliseconds, sorted. */
export async function timeEach(
  times: number,
  action: (round: number) => Promise<unknown>,
): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round <= times; round += 1) {
    const start = performance.now();
    await action(round);
    if (round > 0) taken.push(performance.now() - start);
  }
  return taken.toSorted((a, b) => a - b);
}

/** @param share 0.5 for the median. */
export function quantile(sorted: number[], share: number): number {
  return (
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  );
}
