import { Counter, Histogram, type Registry } from "prom-client";
import { metricDefinitions } from "../../core/runtime/metric-definitions";
import type { ModelError } from "./model";

/** The figures of one reply, told as it goes. Times are in milliseconds. */
export interface ReplyMeter {
  firstToken(ms: number): void;
  /** @param writingMs From the first token to the last. */
  tokens(input: number, output: number, writingMs: number): void;
  ended(outcome: "complete" | "stopped" | ModelError["reason"]): void;
}

/** How fast models answer, how much they write, and why they fail: by model. */
export interface ModelMetrics {
  /** @param model The model's id; only of models that are on offer, or labels would have no bound. */
  reply(model: string): ReplyMeter;
}

export function createModelMetrics(registry: Registry): ModelMetrics {
  const registers = [registry];
  const labelNames = ["model"];
  const firstToken = new Histogram({
    name: "keepsake_model_first_token_seconds",
    help: "From asking a model to its first piece of text or reasoning",
    labelNames,
    registers,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  });
  const rate = new Histogram({
    name: "keepsake_model_tokens_per_second",
    help: "How fast a model wrote a reply, after its first token",
    labelNames,
    registers,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  });
  const tokens = new Counter({
    name: "keepsake_model_tokens_total",
    help: "Tokens read and written, as the provider counts them, or estimated where it doesn't",
    labelNames: ["model", "direction"],
    registers,
  });
  const replies = new Counter({
    ...metricDefinitions.modelReplies,
    registers,
  });
  const failures = new Counter({
    ...metricDefinitions.modelFailures,
    registers,
  });
  return {
    reply: (model) => ({
      firstToken: (ms) => firstToken.observe({ model }, ms / 1_000),
      tokens: (input, output, writingMs) => {
        tokens.inc({ model, direction: "input" }, input);
        tokens.inc({ model, direction: "output" }, output);
        // Of a single burst there is no rate to tell.
        if (writingMs >= 1)
          rate.observe({ model }, output / (writingMs / 1_000));
      },
      ended: (outcome) => {
        const failed = outcome !== "complete" && outcome !== "stopped";
        replies.inc({ model, outcome: failed ? "failed" : outcome });
        if (failed) failures.inc({ model, reason: outcome });
      },
    }),
  };
}
