import { HttpVisitor } from "../../support/http-visitor";
import {
  eventually,
  kubectl,
  podsOf,
  restore,
  settings,
} from "./support/cluster";
import {
  expectNothingLost,
  underLoad,
  visitors,
} from "./support/counting-client";

afterAll(restore);

const wanted = async () =>
  Number(
    await kubectl(
      "get",
      "deployment",
      "web",
      "-o",
      "jsonpath={.spec.replicas}",
    ),
  );

const hasMetrics = async () =>
  (await kubectl(
    "get",
    "hpa",
    "web",
    "-o",
    `jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}`,
  )) === "True";

/** A visitor who reloads as fast as possible. @returns Failed requests. */
async function browse(signal: AbortSignal): Promise<string[]> {
  const visitor = new HttpVisitor(settings.url);
  const failed: string[] = [];
  while (!signal.aborted) {
    const status = await visitor
      .get("/")
      .then(async (answer) => (await answer.text()) && answer.status, String);
    if (status !== 200) failed.push(String(status));
  }
  return failed;
}

it("web scales out under load, and in again without a lost stream", async () => {
  await eventually("the autoscaler has its metrics", hasMetrics, 180);
  // The test shortens the five-minute stabilization window.
  const scaleDown = {
    stabilizationWindowSeconds: 10,
    policies: [{ type: "Pods", value: 4, periodSeconds: 15 }],
  };
  await kubectl(
    "patch",
    "hpa",
    "web",
    "--type=merge",
    "-p",
    JSON.stringify({ spec: { behavior: { scaleDown } } }),
  );
  const least = await wanted();
  const stop = new AbortController();
  const crowd = Promise.all([
    browse(stop.signal),
    browse(stop.signal),
    browse(stop.signal),
  ]);
  let most = 0;
  const counts = await underLoad(visitors(), async () => {
    most = await eventually(
      "web is scaled out",
      async () => {
        const now = await wanted();
        return (
          now > least &&
          (await podsOf("web")).filter(({ ready }) => ready).length > least &&
          now
        );
      },
      240,
    );
    stop.abort();
    expect((await crowd).flat()).toEqual([]);
    // The number may still grow for a while: pods that start need more than pods that serve.
    await eventually(
      "web is scaled in",
      async () => {
        const now = await wanted();
        most = Math.max(most, now);
        return now < most;
      },
      240,
    );
    await eventually("those that had to go are gone", async () =>
      (await podsOf("web")).every(({ ending }) => !ending),
    );
  });
  expect(most).toBeGreaterThan(least);
  expectNothingLost(counts);
});
