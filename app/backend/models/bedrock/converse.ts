import type {
  ConverseStreamCommandInput,
  ConverseStreamOutput,
  Message,
} from "@aws-sdk/client-bedrock-runtime";
import type { ModelEvent, ModelMessage, ReplyOptions } from "../model";
import { createThinkingSplitter } from "../thinking";
import { interruptedBedrock } from "./errors";

/** What Converse is asked. */
export function converseInput(
  messages: ModelMessage[],
  options: ReplyOptions,
): ConverseStreamCommandInput {
  const { maxTokens, temperature } = options;
  const system = messages.filter(({ role }) => role === "system");
  const inferenceConfig = {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
  };
  return {
    modelId: options.model,
    messages: turns(messages),
    ...(system.length > 0 && { system: system.map(({ text }) => ({ text })) }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
  };
}

function turns(messages: ModelMessage[]): Message[] {
  return messages.flatMap(({ role, text }, index): Message[] => {
    const begun = role === "assistant" && index === messages.length - 1;
    // Models refuse an answer begun for them that ends in white space, and one that is empty.
    const said = begun ? text.trimEnd() : text;
    if (role === "system" || said.trim() === "") return [];
    return [{ role, content: [{ text: said }] }];
  });
}

/** The white space at the end of an unfinished answer, which the model may say again. */
export function spaceAtEnd(messages: ModelMessage[]): string {
  const last = messages.at(-1);
  return last?.role === "assistant" ? (/\s*$/.exec(last.text)?.[0] ?? "") : "";
}

/**
 * The events of a reply, from Converse's.
 *
 * @param space White space that the reply so far ends in: what the model says again of it is left out.
 * @throws ModelError (`interrupted`) where the stream ends before the reply does.
 */
export async function* converseEvents(
  stream: AsyncIterable<ConverseStreamOutput>,
  space: string,
): AsyncGenerator<ModelEvent> {
  const thinking = createThinkingSplitter();
  let again = space;
  let stop: ModelEvent | undefined;
  let usage: ModelEvent | undefined;
  for await (const event of stream) {
    const delta = event.contentBlockDelta?.delta;
    if (delta?.text) {
      const text = withoutSpace(delta.text, again.length);
      again = "";
      yield* thinking.take(text);
    }
    const thought = delta?.reasoningContent?.text;
    if (thought) yield { kind: "reasoning", text: thought };
    usage = usageOf(event) ?? usage;
    stop = stopOf(event) ?? stop;
  }
  if (stop === undefined) throw interruptedBedrock();
  yield* thinking.rest();
  if (usage) yield usage;
  yield stop;
}

function withoutSpace(text: string, most: number): string {
  const [space = ""] = /^\s*/.exec(text) ?? [];
  return text.slice(Math.min(space.length, most));
}

function usageOf(event: ConverseStreamOutput): ModelEvent | undefined {
  const usage = event.metadata?.usage;
  return (
    usage && {
      kind: "usage",
      inputTokens: usage.inputTokens ?? 0,
      outputTokens: usage.outputTokens ?? 0,
    }
  );
}

function stopOf(event: ConverseStreamOutput): ModelEvent | undefined {
  if (event.messageStop === undefined) return undefined;
  const reason = event.messageStop.stopReason ?? "end_turn";
  if (/max_tokens|window_exceeded/.test(reason)) {
    return { kind: "stop", reason: "length" };
  }
  if (/filtered|guardrail/.test(reason)) {
    return { kind: "stop", reason: "filtered" };
  }
  return { kind: "stop", reason: "end" };
}
