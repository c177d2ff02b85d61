import type { ReplyService } from "../../../app/backend/replies/reply-service";
import { createReplyMetrics } from "../../../app/backend/replies/metrics";
import { metricDefinitions } from "../../../app/core/runtime/metric-definitions";
import { Registry } from "../../../app/core/runtime/metrics";
import { ref, directory, useDirectory } from "./processes";
import { scriptedModels, wordsAfter } from "./scripted-models";
import { waitFor } from "../../support/wait-for";

const forever = () => new Promise(() => undefined);

describe("reply metrics", () => {
  test("count the replies in progress", async () => {
    const registry = new Registry();
    const metrics = createReplyMetrics(registry);
    metrics.setInProgress(2);
    expect(await registry.metrics()).toContain(
      "\nkeepsake_replies_in_progress 2\n",
    );
    metrics.setInProgress(0);
    expect(await registry.metrics()).toContain(
      "\nkeepsake_replies_in_progress 0\n",
    );
  });

  test("count takeovers by reason", async () => {
    const registry = new Registry();
    const metrics = createReplyMetrics(registry);
    metrics.countTakeover("handover");
    metrics.countTakeover("silence");
    metrics.countTakeover("silence");
    const text = await registry.metrics();
    expect(text).toContain(
      '\nkeepsake_replies_taken_over_total{after="handover"} 1\n',
    );
    expect(text).toContain(
      '\nkeepsake_replies_taken_over_total{after="silence"} 2\n',
    );
  });
});

describe("a process", () => {
  useDirectory();

  test("counts the replies that it writes", async () => {
    const metrics = new Registry();
    const { models } = scriptedModels(() => ["One small ", forever]);
    const replies = directory.process(models, { metrics });
    const written = async () => {
      const all = await metrics.getMetricsAsJSON();
      const { name } = metricDefinitions.repliesInProgress;
      return all.find((metric) => metric.name === name)?.values[0]?.value;
    };
    await replies.start(ref);
    expect(await written()).toBe(1);
    await replies.stop(ref);
    await waitFor(async () => (await written()) === 0);
  });
});

/** The counts of takeovers by reason, after the writer of half a reply `leaves`. */
async function takeOversAfter(
  leaves: (holder: ReplyService) => Promise<void>,
): Promise<unknown> {
  const metrics = new Registry();
  const { models } = scriptedModels(() => ["One small ", forever]);
  const holder = directory.process(models, { leaseMs: 4_000_000 });
  await holder.start(ref);
  const other = directory.process(
    scriptedModels((m) => wordsAfter("One small step.", m)).models,
    { metrics },
  );
  await waitFor(async () => (await other.snapshot(ref))?.text !== "");
  await leaves(holder);
  other.startSupervision();
  await waitFor(() => directory.records.messages.length > 0);
  const [counter] = (await metrics.getMetricsAsJSON()).filter(
    ({ name }) => name === metricDefinitions.repliesTakenOver.name,
  );
  return counter?.values;
}

describe("a takeover", () => {
  useDirectory();

  test("counts as a handover after a drain", async () => {
    expect(await takeOversAfter((holder) => holder.drain())).toEqual([
      { labels: { after: "handover" }, value: 1 },
      { labels: { after: "silence" }, value: 0 },
    ]);
  });

  test("counts as silence after the owner stops writing", async () => {
    expect(await takeOversAfter(async () => undefined)).toEqual([
      { labels: { after: "handover" }, value: 0 },
      { labels: { after: "silence" }, value: 1 },
    ]);
  });
});
