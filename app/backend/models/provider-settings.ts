import { readFileSync } from "node:fs";
import { z } from "zod";
import type { BackendConfig } from "../../core/config/config";
import type { ProviderName } from "../../core/config/model-settings";
import {
  type OfferedModel,
  offeredModels,
} from "../../core/config/offered-models";

export interface ModelTimeouts {
  connectMs: number;
  /** From the request to the first token: the model may have to be loaded. */
  firstTokenMs: number;
  betweenTokensMs: number;
  /** The longest wait for a rate limit, in total. */
  busyMs: number;
}

export interface OpenAISettings {
  /** `http://localhost:11434/v1` */
  baseUrl: string;
  apiKey?: string | undefined;
  organization?: string | undefined;
  project?: string | undefined;
  /** Additional headers, for gateways. */
  headers: Record<string, string>;
  /** PEM of additional authorities. */
  ca?: string | undefined;
  proxy: ProxySettings;
  /** The window of models whose server doesn't report it. */
  contextTokens: number;
  /** The way to continue an interrupted reply; `restart` if the server can't. */
  continuation: "restart" | "prefill" | "vllm";
  /** Names of models that take pictures, with `*`; `undefined` to find out. */
  imageModels?: readonly string[] | undefined;
}

/** Proxies, by the scheme of the server's address. */
export interface ProxySettings {
  http?: string | undefined;
  https?: string | undefined;
  /** Hosts that need no proxy: `localhost,.internal`. */
  none?: string | undefined;
}

export interface BedrockSettings {
  /** If absent, the SDK takes the profile's. */
  region?: string | undefined;
  /** Replaces the region's address. */
  endpoint?: string | undefined;
  /** If absent, the SDK takes the pod's role or a profile. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
}

export interface ModelSettings {
  providers: ProviderName[];
  /** The models of `MODELS` by provider. A provider without an entry offers all of its models. */
  offered: Partial<Record<ProviderName, OfferedModel[]>>;
  timeouts: ModelTimeouts;
  systemPrompt: string;
  eliza: { delayMs: number };
  openai?: OpenAISettings | undefined;
  bedrock: BedrockSettings;
}

export function readModelSettings(config: BackendConfig): ModelSettings {
  return {
    providers: [...new Set(config.MODEL_PROVIDER)],
    offered: offeredModels(config.MODEL_PROVIDER, config.MODELS).offered,
    timeouts: {
      connectMs: config.MODEL_CONNECT_SECONDS * 1_000,
      firstTokenMs: config.MODEL_FIRST_TOKEN_SECONDS * 1_000,
      betweenTokensMs: config.MODEL_BETWEEN_TOKENS_SECONDS * 1_000,
      busyMs: config.MODEL_BUSY_SECONDS * 1_000,
    },
    systemPrompt: config.SYSTEM_PROMPT,
    eliza: { delayMs: config.ELIZA_DELAY_MS },
    openai: openaiSettings(config),
    bedrock: { region: config.AWS_REGION },
  };
}

function openaiSettings(config: BackendConfig): OpenAISettings | undefined {
  const { OPENAI_BASE_URL: baseUrl, OPENAI_CA_FILE: caFile } = config;
  if (!config.MODEL_PROVIDER.includes("openai") || !baseUrl) return undefined;
  return {
    baseUrl,
    apiKey: config.OPENAI_API_KEY,
    organization: config.OPENAI_ORGANIZATION,
    project: config.OPENAI_PROJECT,
    headers: headers(config.OPENAI_HEADERS),
    ca: caFile && readFileSync(caFile, "utf8"),
    proxy: {
      http: config.HTTP_PROXY,
      https: config.HTTPS_PROXY,
      none: config.NO_PROXY,
    },
    contextTokens: config.OPENAI_CONTEXT_TOKENS,
    continuation: config.OPENAI_CONTINUATION,
    imageModels: config.OPENAI_IMAGE_MODELS,
  };
}

/** @param json Already validated. */
function headers(json = "{}"): Record<string, string> {
  return z.record(z.string(), z.string()).parse(JSON.parse(json));
}
