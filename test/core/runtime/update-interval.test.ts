import {
  untilNext,
  UpdateInterval,
} from "../../../app/core/runtime/update-interval";

/** An interval whose event loop was busy for this share of each second. */
function intervalAt(utilization: number) {
  const process = { utilization, seconds: 0 };
  const interval = new UpdateInterval({
    utilization: () => process.utilization,
    now: () => process.seconds * 1_000,
  });
  const after = (seconds: number) => {
    let ms = interval.ms;
    for (let second = 0; second < seconds; second++) {
      process.seconds++;
      ({ ms } = interval);
    }
    return ms;
  };
  return { process, interval, after };
}

describe("the interval between two updates", () => {
  it("is 15 ms at rest", () => {
    expect(intervalAt(0.02).after(10)).toBe(15);
  });

  it("is 120 ms under full load, and not longer", () => {
    expect(Math.round(intervalAt(0.7).after(20))).toBe(120);
    expect(Math.round(intervalAt(1).after(20))).toBe(120);
  });

  it("grows with the load", () => {
    const loads = [0, 0.1, 0.2, 0.3, 0.4, 0.5];
    const intervals = loads.map((load) => intervalAt(load).after(10));
    expect(intervals).toEqual(intervals.toSorted((a, b) => a - b));
    expect(new Set(intervals).size).toBeGreaterThan(3);
  });

  it("follows a change of load within seconds, in both directions", () => {
    const { process, after } = intervalAt(0.9);
    expect(after(5)).toBeGreaterThan(100);
    process.utilization = 0;
    expect(after(5)).toBeLessThan(30);
    process.utilization = 0.9;
    expect(after(5)).toBeGreaterThan(100);
  });

  it("forgets the load of before a long silence", () => {
    const { process, interval, after } = intervalAt(1);
    after(10);
    process.utilization = 0;
    process.seconds += 3_600;
    expect(interval.ms).toBe(15);
  });

  it("ignores samples that are too short to tell anything", () => {
    const { process, interval, after } = intervalAt(0);
    after(5);
    process.utilization = 1;
    process.seconds += 0.001;
    expect(interval.ms).toBe(15);
  });

  it("measures the event loop of its own process", () => {
    let now = 0;
    const interval = new UpdateInterval({ now: () => now });
    const until = performance.now() + 100;
    while (performance.now() < until);
    now = 10_000;
    expect(interval.ms).toBeGreaterThan(15);
  });

  it("is no longer than the age of its stream", () => {
    jest.spyOn(performance, "now").mockReturnValue(1_000);
    const ages = [0, 5, 100, 500];
    expect(ages.map((age) => untilNext({ ms: 120 }, 1_000 - age))).toEqual([
      0, 5, 100, 120,
    ]);
    jest.restoreAllMocks();
  });
});
