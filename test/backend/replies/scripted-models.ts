import type { ModelMessage } from "../../../app/backend/models/model";
import type { ReplyContext } from "../../../app/backend/replies/reply-context";
import { modelEvents, type Step } from "../../support/scripted-stream";

export type ReplyModels = ReplyContext["models"];

export interface ScriptedModels {
  /** The messages of each request. */
  asked: ModelMessage[][];
  models: ReplyModels;
}

/** A promise on which a script waits until the test resolves it. */
export function barrier(): { held: Promise<void>; go: () => void } {
  let go: () => void = Boolean;
  const held = new Promise<void>((resolve) => (go = resolve));
  return { held, go };
}

/**
 * Models that do what the test says.
 *
 * @param steps For each time that a model is asked, what it does; the last one repeats.
 */
export function scriptedModels(
  steps: (messages: ModelMessage[]) => Iterable<Step>,
  { continues = true }: { continues?: boolean } = {},
): ScriptedModels {
  const asked: ModelMessage[][] = [];
  return {
    asked,
    models: {
      find: (id) =>
        Promise.resolve({
          id,
          name: "Scripted",
          provider: "eliza",
          description: "Does what the test says.",
          contextTokens: 1_000,
          maxReplyTokens: 1_000,
          continues,
        }),
      async *streamReply(_id, messages, _options, signal) {
        asked.push(messages);
        yield* modelEvents(steps(messages), signal);
      },
    },
  };
}

/** A model that says words of a fixed answer, and goes on where an answer was cut. */
export function* wordsAfter(
  answer: string,
  messages: ModelMessage[],
): Generator<string> {
  const last = messages.at(-1);
  const said = last?.role === "assistant" ? last.text.length : 0;
  yield* answer.slice(said).match(/\S+\s*|\s+/g) ?? [];
}

export const ANSWER =
  "One small step for a man, one giant leap for mankind. 🚀 Ende.";

/** Models that write {@link ANSWER} word by word. */
export const words = scriptedModels((messages) => wordsAfter(ANSWER, messages));
