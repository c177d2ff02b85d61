import { z } from "zod";
import type { OfferedModel } from "../../../core/config/offered-models";
import { limits } from "../../../core/domain/records";
import {
  formatTokens,
  type ModelInfo,
  shortName,
  type TakenFiles,
} from "../model";
import type { OpenAISettings } from "../provider-settings";
import { takesImages } from "./image-models";
import { nonsense } from "./errors";

const Count = z.number().int().positive().optional().catch(undefined);

/** With the provider before it, an id has at most the length that records accept. */
const MAX_ID_LENGTH = limits.modelLength - "openai/".length;

/** Servers have different limits. These are within those of most. */
const IMAGES: TakenFiles = {
  images: { maxBytes: 10 * 1024 ** 2, maxCount: 10 },
};

/** Each page's picker has all of them. */
const MAX_MODELS = 1_000;

/** A model of a server's list. Servers have different names for the window. */
const Listed = z.looseObject({
  id: z.string().min(1).max(MAX_ID_LENGTH),
  name: z.string().min(1).max(limits.modelLength).optional().catch(undefined),
  max_model_len: Count, // vLLM, SGLang
  context_length: Count, // OpenRouter, Together
  context_window: Count, // Groq
  max_context_length: Count, // LM Studio, Mistral
  max_completion_tokens: Count,
  max_output_tokens: Count,
  meta: z.looseObject({ n_ctx: Count }).nullish().catch(undefined), // llama.cpp
  top_provider: z
    .looseObject({ max_completion_tokens: Count })
    .nullish()
    .catch(undefined),
  architecture: z
    .looseObject({ input_modalities: z.array(z.string()).optional() })
    .nullish()
    .catch(undefined), // OpenRouter
  capabilities: z
    .looseObject({ vision: z.boolean().optional() })
    .nullish()
    .catch(undefined), // Mistral
});
type Listed = z.output<typeof Listed>;

const Entries = z.array(z.unknown());
const List = z.union([Entries, z.looseObject({ data: Entries })]);

/** Names of models that can't chat. */
const notForChat =
  /embed|whisper|\btts\b|-tts|dall-e|moderation|transcri|rerank|realtime|\bsora\b|gpt-image|stable-diffusion/i;

/**
 * @param body The response of `/models`.
 * @throws ModelError if it is no list of models.
 */
export function modelsIn(body: unknown, settings: OpenAISettings): ModelInfo[] {
  const list = List.safeParse(body);
  if (!list.success) {
    throw nonsense(`/models answered ${JSON.stringify(body)?.slice(0, 200)}`);
  }
  const entries = Array.isArray(list.data) ? list.data : list.data.data;
  return entries
    .flatMap((entry) => Listed.safeParse(entry).data ?? [])
    .filter(({ id }) => !notForChat.test(id))
    .slice(0, MAX_MODELS)
    .map((listed) => describe(listed, settings));
}

/** The models of `MODELS`, with details from the server's list. */
export function modelsOffered(
  offered: OfferedModel[],
  listed: ModelInfo[],
  settings: OpenAISettings,
): ModelInfo[] {
  return offered.map(({ model, name }) => {
    const known = listed.find((info) => info.id === `openai/${model}`);
    const info = known ?? describe({ id: model }, settings);
    return { ...info, name: name ?? info.name };
  });
}

function describe(
  listed: Pick<Listed, "id"> & Partial<Listed>,
  settings: OpenAISettings,
): ModelInfo {
  const contextTokens = contextOf(listed) ?? settings.contextTokens;
  const longest =
    listed.top_provider?.max_completion_tokens ??
    listed.max_completion_tokens ??
    listed.max_output_tokens;
  return {
    id: `openai/${listed.id}`,
    name: listed.name ?? shortName(listed.id),
    provider: "openai",
    description: `With a window of ${formatTokens(contextTokens)} tokens`,
    contextTokens,
    // Without a known limit, half of the window is left for the prompt.
    maxReplyTokens: Math.min(
      longest ?? Math.floor(contextTokens / 2),
      contextTokens,
    ),
    // The API's own limit. A server or gateway may have a lower one, which it reports itself.
    maxTemperature: 2,
    continues: settings.continuation !== "restart",
    takes: takesImages(listed, settings) ? IMAGES : undefined,
  };
}

function contextOf(listed: Partial<Listed>): number | undefined {
  return (
    listed.max_model_len ??
    listed.context_length ??
    listed.context_window ??
    listed.max_context_length ??
    listed.meta?.n_ctx
  );
}
