import type {
  ContentBlock,
  ConverseStreamCommandInput,
  ConverseStreamOutput,
  ImageFormat,
  Message,
} from "@aws-sdk/client-bedrock-runtime";
import type { Interval } from "../../../core/runtime/update-interval";
import { inBatches } from "../in-batches";
import { joinPieces } from "../join-pieces";
import type {
  ModelEvent,
  ModelFile,
  ModelMessage,
  ReplyOptions,
} from "../model";
import { createReasoningSplitter } from "../reasoning-splitter";
import { stopEvent, stopKind } from "../stop-reason";
import { interruptedBedrock } from "./errors";

export async function converseInput(
  messages: ModelMessage[],
  options: ReplyOptions,
): Promise<ConverseStreamCommandInput> {
  const { maxTokens, temperature } = options;
  const system = messages.filter(({ role }) => role === "system");
  const inferenceConfig = {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
  };
  return {
    modelId: options.model,
    messages: await turns(messages),
    ...(system.length > 0 && { system: system.map(({ text }) => ({ text })) }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
  };
}

async function turns(messages: ModelMessage[]): Promise<Message[]> {
  const all: Message[] = [];
  for (const [index, { role, text, files = [] }] of messages.entries()) {
    const isBegun = role === "assistant" && index === messages.length - 1;
    // Models refuse a begun answer that ends in white space, and one that is empty.
    const sent = isBegun ? text.trimEnd() : text;
    if (role === "system" || sent.trim() === "") continue;
    const content: ContentBlock[] = [];
    for (const [place, file] of files.entries()) {
      content.push(await toBlock(file, `${index + 1}-${place + 1}`));
    }
    all.push({ role, content: [...content, { text: sent }] });
  }
  return all;
}

/**
 * A picture or a document.
 *
 * @param number Unique in the request. Documents need a neutral name: a model takes a file's own name,
 *   which anyone may have chosen, for an instruction.
 */
async function toBlock(file: ModelFile, number: string): Promise<ContentBlock> {
  const bytes = await file.read();
  if (bytes.length === 0) return { text: `[The file ${number} is missing.]` };
  if (file.as === "image") {
    const format = file.type.replace("image/", "") as ImageFormat;
    return { image: { format, source: { bytes } } };
  }
  const name = `document ${number}`;
  return { document: { format: "pdf", name, source: { bytes } } };
}

/** The white space at the end of an unfinished answer, which the model may repeat. */
export function spaceAtEnd(messages: ModelMessage[]): string {
  const last = messages.at(-1);
  return last?.role === "assistant" ? (/\s*$/.exec(last.text)?.[0] ?? "") : "";
}

/**
 * Turns the events of Converse into those of a reply.
 *
 * @param space White space at the end of the begun answer: its repetition is left out.
 * @param interval Between two pieces of the reply.
 * @throws ModelError (`interrupted`) if the stream ends before the reply does.
 */
export async function* converseEvents(
  stream: AsyncIterable<ConverseStreamOutput>,
  space: string,
  interval: Interval,
): AsyncGenerator<ModelEvent> {
  const splitter = createReasoningSplitter();
  let repeated = space.length;
  let stop: string | undefined;
  let usage: ModelEvent | undefined;
  function* read(event: ConverseStreamOutput): Generator<ModelEvent> {
    const delta = event.contentBlockDelta?.delta;
    if (delta?.text) {
      const text = withoutSpace(delta.text, repeated);
      repeated = 0;
      yield* splitter.push(text);
    }
    const reasoning = delta?.reasoningContent?.text;
    if (reasoning) yield { kind: "reasoning", text: reasoning };
    usage = usageOf(event) ?? usage;
    if (event.messageStop) stop = event.messageStop.stopReason ?? "end_turn";
  }
  for await (const batch of inBatches(stream, interval)) {
    const events = batch.flatMap((event) => [...read(event)]);
    for (const event of joinPieces(events)) yield event;
  }
  if (stop === undefined) throw interruptedBedrock();
  yield* splitter.end(stopKind(stop) !== "length");
  if (usage) yield usage;
  yield stopEvent(stop);
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
