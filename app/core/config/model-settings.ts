import { z } from "zod";
import { httpUrl, list, seconds, wholeNumber } from "./setting-types";

export const providerNames = ["eliza", "openai", "bedrock"] as const;

export type ProviderName = (typeof providerNames)[number];

/** The British list has no comma before "or". */
const alternatives = new Intl.ListFormat("en-GB", { type: "disjunction" });

export const providerRule = `must be ${alternatives.format(providerNames)}`;

/** Settings of models, for the backend only. */
export const modelSettings = {
  MODEL_PROVIDER: list
    .pipe(
      z
        .array(
          z.enum(providerNames, `${providerRule}, or several, comma-separated`),
        )
        .min(1, "must name at least one provider"),
    )
    .default(["eliza"])
    .describe(
      `${alternatives.format(providerNames.map((name) => `\`${name}\``))}, or several, comma-separated. The first provider's first model is the default.`,
    ),
  MODELS: list
    .optional()
    .describe(
      "The models that visitors can choose, comma-separated, as `provider/model` or `provider/model=Name`. Defaults to all models of the providers.",
    ),
  SYSTEM_PROMPT: z
    .string()
    .default(
      "You are a helpful assistant in a chat. Answer in the language of the question, and use Markdown where it helps.",
    )
    .describe("The system prompt of every conversation. Empty for none."),
  MODEL_TITLES: z
    .enum(["on", "off"], "must be on or off")
    .default("on")
    .describe(
      "If `on`, a conversation's model proposes its title after the first reply. The built-in model never does: its conversations keep the beginning of the first message.",
    ),
  MODEL_CONNECT_SECONDS: seconds(10, 0.1, 600).describe(
    "Time-out of connecting to a model's server.",
  ),
  MODEL_FIRST_TOKEN_SECONDS: seconds(120, 0.1, 3_600).describe(
    "Time-out of a model's first token. Includes the time to load the model.",
  ),
  MODEL_BETWEEN_TOKENS_SECONDS: seconds(60, 0.1, 3_600).describe(
    "The longest pause between two tokens of a reply.",
  ),
  MODEL_BUSY_SECONDS: seconds(60, 0, 3_600).describe(
    "How long to wait for a busy model (rate limits) before the reply fails.",
  ),
  ELIZA_DELAY_MS: wholeNumber(0, 60_000, "number of milliseconds")
    .default(40)
    .describe("Milliseconds between two words of the built-in model."),
  OPENAI_BASE_URL: httpUrl
    .optional()
    .describe(
      "An OpenAI-compatible endpoint, such as http://localhost:11434/v1.",
    ),
  OPENAI_API_KEY: z
    .string()
    .optional()
    .describe("The endpoint's API key, if it needs one."),
  OPENAI_ORGANIZATION: z
    .string()
    .optional()
    .describe("Sent as `OpenAI-Organization`."),
  OPENAI_PROJECT: z.string().optional().describe("Sent as `OpenAI-Project`."),
  OPENAI_HEADERS: z
    .string()
    .refine(isHeaders, 'must be JSON of names and texts: {"x-team": "blue"}')
    .optional()
    .describe("Further headers for a gateway, as a JSON object."),
  OPENAI_CA_FILE: z
    .string()
    .optional()
    .describe("A PEM file of additional trusted certificate authorities."),
  OPENAI_CONTEXT_TOKENS: wholeNumber(512, 10_000_000, "number of tokens")
    .default(4_096)
    .describe(
      "The context window of models whose server does not report it. Defaults to Ollama's.",
    ),
  OPENAI_CONTINUATION: z
    .enum(["restart", "prefill", "vllm"], "must be restart, prefill or vllm")
    .default("restart")
    .describe(
      "How an interrupted reply continues: from its beginning (`restart`), or from its last token with llama.cpp (`prefill`) or vLLM (`vllm`).",
    ),
  OPENAI_IMAGE_MODELS: list
    .optional()
    .describe(
      "The models of the endpoint that take pictures, comma-separated; `*` stands for any characters, and an empty value for none. Defaults to what the server reports, and else to well-known names.",
    ),
  HTTP_PROXY: httpUrl.optional().describe("The proxy for http:// endpoints."),
  HTTPS_PROXY: httpUrl.optional().describe("The proxy for https:// endpoints."),
  NO_PROXY: z
    .string()
    .optional()
    .describe("Hosts that are reached without a proxy, comma-separated."),
  AWS_REGION: z
    .string()
    .optional()
    .describe("The region of Amazon Bedrock. Defaults to the AWS profile's."),
};

function isHeaders(text: string): boolean {
  try {
    return z.record(z.string(), z.string()).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
