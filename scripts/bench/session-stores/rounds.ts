export interface Run {
  done: number;
  seconds: number;
}

/**
 * Repeats `work` for some time in concurrent lanes, at least once in each.
 *
 * @param work Receives its lane, from 0, and a number that grows by the number of lanes.
 */
export async function runFor(
  ms: number,
  concurrency: number,
  work: (lane: number, n: number) => Promise<unknown>,
): Promise<Run> {
  let done = 0;
  const begun = performance.now();
  const lanes = Array.from({ length: concurrency }, async (_, lane) => {
    for (let n = lane; n === lane || isWithin(begun, ms); n += concurrency) {
      await work(lane, n);
      done++;
    }
  });
  await Promise.all(lanes);
  return { done, seconds: (performance.now() - begun) / 1000 };
}

export const isWithin = (begun: number, ms: number) =>
  performance.now() - begun < ms;

export const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
