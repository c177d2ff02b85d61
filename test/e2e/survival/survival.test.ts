import { survive } from "../../../scripts/stress/replies/survive";

/*
 * The short form of scripts/stress-replies. Prints the injected faults if something was lost; the
 * seed repeats them.
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
  // Long enough for a busy machine: a failed drain shows as an exit code.
  drainSeconds: 3,
  patienceMs: 30_000,
};

it("no prompt and no word is lost or repeated while processes are killed, terminated and frozen", async () => {
  const outcome = await survive(short);
  expect({
    seed,
    injections: outcome.injections,
    faults: outcome.faults,
  }).toMatchObject({
    faults: [],
  });
  expect(outcome.badExits).toEqual([]);
  expect(outcome.injections.length).toBeGreaterThan(4);
  expect(outcome.replies).toBeGreaterThan(0);
  expect(outcome.queued.messages).toBeGreaterThan(1);
});
