import { TimeSlices } from "../../../app/web/rendering/time-slices";
import type { Steps } from "../../../app/web/rendering/steps";

/** Work of many steps, each of which takes about a millisecond. */
function* longWork(steps: number): Steps<number> {
  for (let step = 0; step < steps; step++) {
    const end = performance.now() + 1;
    while (performance.now() < end);
    yield;
  }
  return steps;
}

function* shortWork<T>(value: T): Steps<T> {
  yield;
  return value;
}

function* failingWork(): Steps<never> {
  yield;
  throw new Error("no such text");
}

/** Tells when a promise is kept. */
function watch<T>(work: Promise<T>): { hasEnded: boolean; work: Promise<T> } {
  const watched = {
    hasEnded: false,
    work: work.finally(() => {
      watched.hasEnded = true;
    }),
  };
  return watched;
}

/** The turns of the event loop that pass until a promise is kept. */
async function turnsUntil(work: Promise<unknown>): Promise<number> {
  const watched = watch(work);
  let turns = 0;
  while (!watched.hasEnded) {
    await new Promise(setImmediate);
    turns += 1;
  }
  await watched.work;
  return turns;
}

test("does many short pieces of work in one turn of the event loop", async () => {
  const slices = new TimeSlices({ sliceMs: 1_000 });
  const all = Promise.all(
    Array.from({ length: 100 }, (_, index) => slices.run(shortWork(index))),
  );
  expect(await turnsUntil(all)).toBeLessThan(5);
  expect((await all)[99]).toBe(99);
});

test("lets others run between two slices of long work", async () => {
  const slices = new TimeSlices({ sliceMs: 5 });
  expect(await turnsUntil(slices.run(longWork(50)))).toBeGreaterThanOrEqual(9);
});

test("ends long work while new work never stops coming", async () => {
  const slices = new TimeSlices({ sliceMs: 2 });
  const long = watch(slices.run(longWork(20)));
  let others = 0;
  const crowd = async () => {
    while (!long.hasEnded && others < 10_000) {
      await slices.run(longWork(3));
      others += 1;
    }
  };
  await Promise.all([crowd(), crowd(), crowd()]);
  expect(others).toBeLessThan(10_000);
  expect(await long.work).toBe(20);
});

test("ends short work beside long work that was begun before", async () => {
  const slices = new TimeSlices({ sliceMs: 2 });
  const long = watch(slices.run(longWork(200)));
  await new Promise(setImmediate);
  await slices.run(shortWork("short"));
  expect(long.hasEnded).toBe(false);
  await long.work;
});

test("fails with the work's error, and continues other work", async () => {
  const slices = new TimeSlices();
  const failing = slices.run(failingWork());
  const other = slices.run(shortWork("other"));
  await expect(failing).rejects.toThrow("no such text");
  expect(await other).toBe("other");
});
