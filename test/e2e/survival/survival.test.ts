import { survive } from "../../../scripts/stress/replies/survive";

/*
 * The short form of what main.ts does at length: see there. What was done to whom is printed if
 * something was lost; the seed repeats it.
 */

const seed = 7;
const short = {
  seed,
  ms: 12_000,
  everyMs: 1_500,
  conversations: 6,
  words: 40,
  wordMs: 50,
  leaseSeconds: 1,
  // Long enough for a busy machine: who can't end in order says so by an exit code.
  drainSeconds: 3,
  patienceMs: 30_000,
};

it("loses no prompt and no word, and doubles none, while processes are killed, ended and frozen", async () => {
  const outcome = await survive(short);
  expect({ seed, blows: outcome.blows, faults: outcome.faults }).toMatchObject({
    faults: [],
  });
  expect(outcome.badEnds).toEqual([]);
  expect(outcome.blows.length).toBeGreaterThan(4);
  expect(outcome.replies).toBeGreaterThanOrEqual(short.conversations);
});
