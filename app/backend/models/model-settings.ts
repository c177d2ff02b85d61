import { readFileSync } from "node:fs";
import { z } from "zod";
import type { BackendConfig } from "../../core/config/config";
import type { ProviderName } from "../../core/config/model-settings";
import {
  type OfferedModel,
  offeredModels,
} from "../../core/config/offered-models";

/** How long a model may take; each in milliseconds. */
export interface ModelTimeouts {
  connectMs: number;
  /** From the request to the first piece of text or reasoning: a model may have to be loaded. */
  firstTokenMs: number;
  /** From one piece to the next. */
  betweenTokensMs: number;
  /** How long a rate limit is waited for in all. */
  busyMs: number;
}

export interface OpenAISettings {
  /** `http://localhost:11434/v1` */
  baseUrl: string;
  apiKey?: string | undefined;
  organization?: string | undefined;
  project?: string | undefined;
  /** What else a gateway wants to be sent. */
  headers: Record<string, string>;
  /** PEM of authorities to trust besides the usual ones. */
  ca?: string | undefined;
  proxy: ProxySettings;
  /** The window of models whose server doesn't tell. */
  contextTokens: number;
  /** How a cut reply is continued; `restart` where the server can't. */
  continuation: "restart" | "prefill" | "vllm";
}

/** Which proxies to go through, by the scheme of the address that is asked. */
export interface ProxySettings {
  http?: string | undefined;
  https?: string | undefined;
  /** Hosts that are reached without: `localhost,.internal`. */
  none?: string | undefined;
}

export interface BedrockSettings {
  /** Where absent, the SDK finds it: in the profile. */
  region?: string | undefined;
  /** Another address than the region's. */
  endpoint?: string | undefined;
  /** Where absent, the SDK finds them: the pod's role, a profile. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
}

export interface ModelSettings {
  providers: ProviderName[];
  /** What `MODELS` offers of each provider; a provider that it doesn't name offers what it has. */
  offered: Partial<Record<ProviderName, OfferedModel[]>>;
  timeouts: ModelTimeouts;
  systemPrompt: string;
  eliza: { delayMs: number };
  openai?: OpenAISettings | undefined;
  bedrock: BedrockSettings;
}

/** The settings of models, from the backend's. */
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
  };
}

/** What the schema of the settings has let pass. */
function headers(json = "{}"): Record<string, string> {
  return z.record(z.string(), z.string()).parse(JSON.parse(json));
}
