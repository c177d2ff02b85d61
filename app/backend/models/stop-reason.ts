import { english } from "../../core/texts/locale";
import { ModelError, type ModelEvent } from "./model";

type StopKind = "end" | "length" | "filtered" | "failed" | "tool" | "unknown";

/** The first match counts: `ERROR_TOXIC` is a filter, `ERROR_LIMIT` a length. */
const kinds: [StopKind, RegExp][] = [
  [
    "filtered",
    /filter|safety|refus|recitation|block|prohibited|spii|sensitive|toxic|guardrail|moderat/,
  ],
  ["length", /length|max_?(?:\w+_?)?tokens|window|limit/],
  [
    "failed",
    /error|abort|cancel|fail|time_?out|malformed|load|insufficient|interrupt|incomplete|pause|user_?stopped|^other$/,
  ],
  ["tool", /tool|function/],
  ["end", /^(?:stop|eos|end|complete|done|finish|normal|success)/],
];

/** Maps every known stop reason of OpenAI-compatible servers and Bedrock; see docs/models.md. */
export function stopKind(reason: string): StopKind {
  const name = reason.toLowerCase();
  return kinds.find(([, pattern]) => pattern.test(name))?.[0] ?? "unknown";
}

/**
 * The last event of a reply.
 *
 * @throws ModelError if the model did not finish its answer.
 */
export function stopEvent(reason: string): ModelEvent {
  const kind = stopKind(reason);
  if (kind === "failed") {
    throw new ModelError(
      "interrupted",
      english.t("reason.stoppedEarly"),
      `The stream ended with the stop reason "${reason}": see the server's log.`,
    );
  }
  if (kind === "tool") {
    throw new ModelError(
      "provider",
      english.t("reason.tool"),
      `The stream ended with the stop reason "${reason}", though no tools were offered.`,
    );
  }
  return { kind: "stop", reason: kind };
}
