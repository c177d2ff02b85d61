import { drainTimes } from "../../k8s/constructs/drain";

const drains = [0, 1, 5, 30, 60, 300, 1_780];

describe("the drain's time-outs", () => {
  test("are these for the default", () => {
    expect(drainTimes(30)).toEqual({
      drainSeconds: 30,
      preStopSeconds: 10,
      terminationGracePeriodSeconds: 45,
      deregistrationDelaySeconds: 40,
      scaleInPeriodSeconds: 60,
      scaleInWindowSeconds: 300,
    });
  });

  test.each(drains)("kill no pod before a drain of %i s is over", (seconds) => {
    const times = drainTimes(seconds);
    expect(times.terminationGracePeriodSeconds).toBeGreaterThan(
      times.preStopSeconds + seconds,
    );
  });

  test.each(drains)(
    "cut no stream before a drain of %i s is over",
    (seconds) => {
      const times = drainTimes(seconds);
      expect(times.deregistrationDelaySeconds).toBe(
        times.preStopSeconds + seconds,
      );
    },
  );

  test.each(drains)(
    "take one pod after the other, however long the drain: %i s",
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

  test("give routing a moment even when nothing is drained", () => {
    expect(drainTimes(0).preStopSeconds).toBe(1);
  });
});
