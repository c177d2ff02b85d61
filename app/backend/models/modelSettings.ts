import { readFileSync } from "node:fs";
import { z } from "zod";
import { type BackendConfig, ConfigError } from "../../shared/config";
import { errorCode } from "../../shared/errorCode";
import type { ProviderName } from "./Model";

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

/** A model that `MODELS` offers. */
export interface OfferedModel {
  /** The provider's own name of it. */
  model: string;
  /** What people call it, where the setting says so. */
  name?: string | undefined;
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

/**
 * The settings of models, from the backend's.
 *
 * @throws ConfigError naming what doesn't fit together.
 */
export function readModelSettings(config: BackendConfig): ModelSettings {
  return {
    providers: [...new Set(config.MODEL_PROVIDER)],
    offered: offeredModels(config),
    timeouts: {
      connectMs: config.MODEL_CONNECT_SECONDS * 1_000,
      firstTokenMs: config.MODEL_FIRST_TOKEN_SECONDS * 1_000,
      betweenTokensMs: config.MODEL_BETWEEN_TOKENS_SECONDS * 1_000,
      busyMs: config.MODEL_BUSY_SECONDS * 1_000,
    },
    systemPrompt: config.SYSTEM_PROMPT,
    eliza: { delayMs: config.ELIZA_DELAY_MS },
    openai: config.MODEL_PROVIDER.includes("openai")
      ? openaiSettings(config)
      : undefined,
    bedrock: { region: config.AWS_REGION },
  };
}

function openaiSettings(config: BackendConfig): OpenAISettings {
  const baseUrl = config.OPENAI_BASE_URL;
  if (baseUrl === undefined) {
    throw new ConfigError(
      "OPENAI_BASE_URL must be set where MODEL_PROVIDER has openai: for Ollama on this machine, http://localhost:11434/v1.",
    );
  }
  return {
    baseUrl,
    apiKey: config.OPENAI_API_KEY,
    organization: config.OPENAI_ORGANIZATION,
    project: config.OPENAI_PROJECT,
    headers: headers(config.OPENAI_HEADERS),
    ca: config.OPENAI_CA_FILE && readCa(config.OPENAI_CA_FILE),
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

function readCa(file: string): string {
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  } catch (error) {
    throw new ConfigError(
      `OPENAI_CA_FILE "${file}" can't be read (${errorCode(error)}). Set the path of a PEM file.`,
    );
  }
  throw new ConfigError(
    `OPENAI_CA_FILE "${file}" holds no certificate. It must be a PEM file, with -----BEGIN CERTIFICATE-----.`,
  );
}

/** What {@link offeredModels} reads. */
type OfferConfig = Pick<BackendConfig, "MODEL_PROVIDER" | "MODELS">;

/**
 * Sorts `MODELS` by provider. An entry is a model's name at its provider, with the provider before
 * it where there are several, and what people call it after it, where that is something else:
 * `bedrock/eu.amazon.nova-pro-v1:0=Nova Pro`.
 *
 * @throws ConfigError naming every entry whose provider can't be told.
 */
export function offeredModels({
  MODEL_PROVIDER: providers,
  MODELS: entries = [],
}: OfferConfig): ModelSettings["offered"] {
  const offered: ModelSettings["offered"] = {};
  const unclear: string[] = [];
  for (const entry of entries) {
    const found = providerOf(entry, providers);
    if (found === undefined) unclear.push(entry);
    else (offered[found.provider] ??= []).push(found.model);
  }
  if (unclear.length > 0) throw new ConfigError(complaint(unclear, providers));
  return offered;
}

function providerOf(
  entry: string,
  providers: ProviderName[],
): { provider: ProviderName; model: OfferedModel } | undefined {
  const [id = "", name] = entry.split(/=(.*)/s).map((part) => part.trim());
  const named = providers.find((provider) => id.startsWith(`${provider}/`));
  if (named) {
    return {
      provider: named,
      model: { model: id.slice(named.length + 1), name },
    };
  }
  const [only, ...others] = providers.filter(
    (provider) => provider !== "eliza",
  );
  if (only === undefined || others.length > 0) return undefined;
  return { provider: only, model: { model: id, name } };
}

function complaint(unclear: string[], providers: ProviderName[]): string {
  return unclear
    .map(
      (entry) =>
        `MODELS "${entry}" names none of MODEL_PROVIDER's providers (${providers.join(", ")}): write provider/model, such as ${providers.at(-1)}/${entry}.`,
    )
    .join("\n");
}
