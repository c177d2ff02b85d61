import {
  type Interval,
  UpdateInterval,
} from "../../../core/runtime/update-interval";
import type { OfferedModel } from "../../../core/config/offered-models";
import type {
  ModelEvent,
  ModelInfo,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../model";
import type { ModelTimeouts, OpenAISettings } from "../provider-settings";
import { waitWhileBusy } from "../wait-while-busy";
import { nonsense, wrongUrl } from "./errors";
import { beginningOf, createOpenAIClient } from "./openai-client";
import { modelsIn, modelsOffered } from "./openai-models";
import { readReplyBody } from "./reply-body";
import { createReplyReader } from "./reply-reader";
import { type Adaptation, adaptationFor, requestBody } from "./request-body";

/**
 * Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, LiteLLM, gateways.
 *
 * @param offered The models that `MODELS` offers; `undefined` for all that the server lists.
 * @param interval Between two pieces of a reply.
 */
export function createOpenAI(
  settings: OpenAISettings,
  timeouts: Pick<ModelTimeouts, "connectMs" | "busyMs">,
  offered?: OfferedModel[],
  interval: Interval = new UpdateInterval(),
): ModelProvider {
  const client = createOpenAIClient(settings, timeouts.connectMs);
  /** The changes that the server asked for, by model. */
  const adapted = new Map<string, Set<Adaptation>>();
  /** Models whose prompt template holds the opening tag of their reasoning. */
  const implyOpening = new Set<string>();

  async function listed(signal: AbortSignal): Promise<ModelInfo[]> {
    const body = await client.request("/models", signal);
    const { text, isWhole } = await beginningOf(body, MAX_LIST_BYTES);
    signal.throwIfAborted();
    if (!isWhole) throw endlessList();
    return modelsIn(parseList(text), settings);
  }

  async function listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    if (offered === undefined) return listed(signal);
    // Optional: the list only adds details to what is offered.
    const known = await listed(signal).catch(() => []);
    return modelsOffered(offered, known, settings);
  }

  async function* ask(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const { model } = options;
    const continues = messages.at(-1)?.role === "assistant";
    const body = await send(messages, options, signal);
    const reader = createReplyReader(!continues && implyOpening.has(model));
    yield* readReplyBody(body, reader, signal, interval);
    if (reader.impliesOpening() === true) implyOpening.add(model);
    if (reader.impliesOpening() === false) implyOpening.delete(model);
  }

  /** Sends the request, again each time the server asks for another change to it. */
  async function send(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { model } = options;
    const changes = adapted.get(model) ?? new Set<Adaptation>();
    const { continuation } = settings;
    for (;;) {
      const body = await requestBody(messages, options, continuation, changes);
      try {
        return await client.request("/chat/completions", signal, body);
      } catch (error) {
        const adaptation = adaptationFor(error, messages);
        if (!adaptation || changes.has(adaptation)) throw error;
        adapted.set(model, changes.add(adaptation));
      }
    }
  }

  return {
    name: "openai",
    listModels,
    streamReply: (messages, options, signal) =>
      waitWhileBusy(
        (inner) => ask(messages, options, inner),
        timeouts.busyMs,
        signal,
      ),
    close: () => client.close(),
  };
}

/** Several times the longest list of a gateway. */
const MAX_LIST_BYTES = 1024 * 1024;

const endlessList = () =>
  nonsense(
    "its list of models broke off or is longer than 1 MB. Name the models in MODELS.",
  );

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUrl(`/models answered no JSON: ${text.slice(0, 100)}`);
  }
}
