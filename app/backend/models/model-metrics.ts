import { Counter, Histogram, type Registry } from "prom-client";
import { metricDefinitions } from "../../core/runtime/metric-definitions";
import type { ModelError } from "./model";

/** Records one reply. Times are in milliseconds. */
export interface ReplyMeter {
  firstToken(ms: number): void;
  /** @param writingMs From the first token to the last. */
  tokens(input: number, output: number, writingMs: number): void;
  ended(outcome: "complete" | "stopped" | ModelError["reason"]): void;
}

export interface ModelMetrics {
  /** @param model The id of an offered model: other ids would make labels unbounded. */
  reply(model: string): ReplyMeter;
}

export function createModelMetrics(registry: Registry): ModelMetrics {
  const registers = [registry];
  const labelNames = ["model"];
  const firstToken = new Histogram({
    name: "keepsake_model_first_token_seconds",
    help: "Time from the request to the first token of text or reasoning, by model.",
    labelNames,
    registers,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  });
  const rate = new Histogram({
    name: "keepsake_model_tokens_per_second",
    help: "Tokens per second of a reply after its first token, by model.",
    labelNames,
    registers,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  });
  const tokens = new Counter({
    name: "keepsake_model_tokens_total",
    help: "Input and output tokens, by model: the provider's count, or an estimate.",
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
        // A single burst has no rate.
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
