import type {
  ModelMessage,
  ModelProvider,
} from "../../app/backend/models/model";
import { failure, modelEvents } from "./scripted-stream";
import { waitFor } from "./wait-for";

export interface ReleasedModelOptions {
  /** Sent at once; nothing by default. */
  opening?: string;
  /** Sent when the reply is released; the prompt by default. */
  answer?: string;
}

/**
 * A model whose replies wait for the test.
 *
 * @returns With the provider `released`, the prompts whose replies may end, a failing one with an
 *   error, and `asked`, the messages of each call.
 */
export function createReleasedModel({
  opening,
  answer,
}: ReleasedModelOptions = {}) {
  const released = new Map<string, "answer" | "fail">();
  const asked: ModelMessage[][] = [];
  const provider: ModelProvider = {
    name: "eliza",
    listModels: () =>
      Promise.resolve([
        {
          id: "eliza/eliza",
          name: "Scripted",
          provider: "eliza",
          description: "Waits for the test.",
          contextTokens: 100_000,
          maxReplyTokens: 100,
          continues: true,
        },
      ]),
    async *streamReply(
      messages: ModelMessage[],
      _: object,
      signal: AbortSignal,
    ) {
      asked.push(messages);
      const { text } = messages.findLast(({ role }) => role === "user")!;
      if (opening) yield { kind: "text" as const, text: opening };
      const how = await waitFor(async () => {
        signal.throwIfAborted();
        // Prompts without an answer between them are sent as one.
        return released.get(text.split("\n").at(-1)!);
      });
      const rest =
        how === "fail" ? failure("The model is busy.") : (answer ?? text);
      yield* modelEvents([rest]);
    },
  };
  return { provider, released, asked };
}
