import { createReplyMetrics } from "../../../app/backend/replies/replyMetrics";
import { Registry } from "../../../app/shared/metrics";

describe("the metrics of replies", () => {
  test("tell how many are written at the moment they are read", async () => {
    const registry = new Registry();
    let writing = 2;
    createReplyMetrics(registry, () => writing);
    expect(await registry.metrics()).toContain(
      "\nkeepsake_replies_in_progress 2\n",
    );
    writing = 0;
    expect(await registry.metrics()).toContain(
      "\nkeepsake_replies_in_progress 0\n",
    );
  });

  test("count what was taken over from another process", async () => {
    const registry = new Registry();
    const metrics = createReplyMetrics(registry, () => 0);
    metrics.takenOver();
    metrics.takenOver();
    expect(await registry.metrics()).toContain(
      "\nkeepsake_replies_taken_over_total 2\n",
    );
  });
});
