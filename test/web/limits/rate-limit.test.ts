import { fc } from "../../support/fast-check";
import { RateLimit } from "../../../app/web/limits/rate-limit";

function limit(perMinute: number) {
  const clock = { ms: 1_000_000 };
  const rate = new RateLimit({ perMinute, now: () => clock.ms });
  return { clock, take: (client = "a") => rate.take(client) };
}

it("allows a quarter of a minute's requests at once, and then one at a time", () => {
  const { clock, take } = limit(60);
  for (let request = 0; request < 15; request++) expect(take()).toBe(0);
  expect(take()).toBeCloseTo(1_000, 3);
  clock.ms += 1_000;
  expect(take()).toBe(0);
  expect(take()).toBeGreaterThan(0);
});

it("counts each client for itself", () => {
  const { take } = limit(4);
  expect(take("a")).toBe(0);
  expect(take("a")).toBeGreaterThan(0);
  expect(take("b")).toBe(0);
});

it("allows a request after the time that it named", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (perMinute) => {
      const { clock, take } = limit(perMinute);
      let waitMs = 0;
      while (waitMs === 0) waitMs = take();
      clock.ms += waitMs;
      expect(take()).toBe(0);
    }),
    { numRuns: 50 },
  );
});

it("allows no more in any minute than a minute's requests and a quarter", () => {
  const { clock, take } = limit(100);
  const allowed: number[] = [];
  for (let step = 0; step < 30_000; step++) {
    clock.ms += 10;
    if (take() === 0) allowed.push(clock.ms);
  }
  for (const begin of allowed) {
    const within = allowed.filter((at) => at >= begin && at < begin + 60_000);
    expect(within.length).toBeLessThanOrEqual(126);
  }
});
