import type { Response } from "undici";
import type { OfferedModel } from "../../../core/config/offered-models";
import { cancelling } from "../cancelling";
import type {
  ModelEvent,
  ModelInfo,
  ModelMessage,
  ModelProvider,
  ReplyOptions,
} from "../model";
import type { ModelTimeouts, OpenAISettings } from "../model-settings";
import { waitWhileBusy } from "../wait-while-busy";
import { wrongUrl } from "./errors";
import { createOpenAIClient } from "./openai-client";
import { modelsIn, modelsOffered } from "./openai-models";
import { replyIn } from "./reply-in";
import { type Adaptation, adaptationFor, requestBody } from "./request-body";

/**
 * Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, LiteLLM, gateways.
 *
 * @param offered What `MODELS` offers; `undefined` for what the server lists.
 */
export function createOpenAI(
  settings: OpenAISettings,
  timeouts: Pick<ModelTimeouts, "connectMs" | "busyMs">,
  offered?: OfferedModel[],
): ModelProvider {
  const client = createOpenAIClient(settings, timeouts.connectMs);
  /** What the server wants otherwise, by model. */
  const adapted = new Map<string, Set<Adaptation>>();

  async function listed(signal: AbortSignal): Promise<ModelInfo[]> {
    const response = await client.request("/models", signal);
    const text = await response.text();
    return modelsIn(parseList(text), settings);
  }

  async function listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    if (offered === undefined) return listed(signal);
    // The list only tells more about what is offered anyway.
    const known = await listed(signal).catch(() => []);
    return modelsOffered(offered, known, settings);
  }

  async function* ask(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    yield* replyIn(await begin(messages, options, signal), signal);
  }

  /** Sends the request, once more where the server says which parameter it wants otherwise. */
  async function begin(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): Promise<Response> {
    const { model } = options;
    const changes = adapted.get(model) ?? new Set<Adaptation>();
    for (;;) {
      let body = requestBody(messages, options, settings.continuation);
      for (const { change } of changes) body = change(body);
      try {
        return await client.request("/chat/completions", signal, body);
      } catch (error) {
        const adaptation = adaptationFor(error);
        if (!adaptation || changes.has(adaptation)) throw error;
        adapted.set(model, changes.add(adaptation));
      }
    }
  }

  return {
    name: "openai",
    listModels,
    streamReply: (messages, options, signal) =>
      cancelling(signal, (inner) =>
        waitWhileBusy(
          () => ask(messages, options, inner),
          timeouts.busyMs,
          inner,
        ),
      ),
    close: () => client.close(),
  };
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongUrl(`/models answered no JSON: ${text.slice(0, 100)}`);
  }
}
