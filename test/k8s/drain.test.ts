import { drainTimes } from "../../k8s/constructs/drain";

const drains = [0, 1, 5, 30, 60, 300, 1_780];

describe("drain times", () => {
  test("the drain times of the default are recorded", () => {
    expect(drainTimes(30)).toEqual({
      drainSeconds: 30,
      preStopSeconds: 10,
      terminationGracePeriodSeconds: 45,
      deregistrationDelaySeconds: 40,
      scaleInPeriodSeconds: 60,
      scaleInWindowSeconds: 300,
    });
  });

  test.each(drains)(
    "the grace period outlasts preStop and a drain of %i s",
    (seconds) => {
      const times = drainTimes(seconds);
      expect(times.terminationGracePeriodSeconds).toBeGreaterThan(
        times.preStopSeconds + seconds,
      );
    },
  );

  test.each(drains)(
    "no stream is cut before a drain of %i s is over",
    (seconds) => {
      const times = drainTimes(seconds);
      expect(times.deregistrationDelaySeconds).toBe(
        times.preStopSeconds + seconds,
      );
    },
  );

  test.each(drains)(
    "scale-in waits for one pod to drain before the next, for a drain of %i s",
    (seconds) => {
      const times = drainTimes(seconds);
      expect(times.scaleInPeriodSeconds).toBeGreaterThanOrEqual(
        times.terminationGracePeriodSeconds,
      );
      expect(times.scaleInWindowSeconds).toBeGreaterThanOrEqual(
        times.scaleInPeriodSeconds,
      );
    },
  );

  test("preStop leaves routing a moment even without a drain", () => {
    expect(drainTimes(0).preStopSeconds).toBe(1);
  });
});
