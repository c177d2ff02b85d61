import { z } from "zod";
import { httpUrl, list, seconds, wholeNumber } from "./setting-types";

const providerNames = ["eliza", "openai", "bedrock"] as const;

export type ProviderName = (typeof providerNames)[number];

/** The settings of models, which only the backend reads. */
export const modelSettings = {
  MODEL_PROVIDER: list
    .pipe(
      z
        .array(
          z.enum(
            providerNames,
            "must be eliza, openai or bedrock, or several with commas",
          ),
        )
        .min(1, "must name at least one provider"),
    )
    .default(["eliza"])
    .describe(
      "`eliza`, `openai`, `bedrock`, or several with commas; the first one's first model is the standard",
    ),
  MODELS: list
    .optional()
    .describe(
      "what the picker offers, with commas, as `provider/model` or `provider/model=Name`; by default what the providers offer",
    ),
  SYSTEM_PROMPT: z
    .string()
    .default(
      "You are a helpful assistant in a chat. Answer in the language of the question, and use Markdown where it helps.",
    )
    .describe("what every model is told before a conversation"),
  MODEL_CONNECT_SECONDS: seconds(10, 0.1, 600).describe(
    "how long to try to connect to a model's server",
  ),
  MODEL_FIRST_TOKEN_SECONDS: seconds(120, 0.1, 3_600).describe(
    "how long a model may take to begin its answer; it may have to be loaded first",
  ),
  MODEL_BETWEEN_TOKENS_SECONDS: seconds(60, 0.1, 3_600).describe(
    "how long a model may pause in the middle of its answer",
  ),
  MODEL_BUSY_SECONDS: seconds(60, 0, 3_600).describe(
    "how long to wait for a model that is busy (rate limits) before the reply fails",
  ),
  ELIZA_DELAY_MS: wholeNumber(0, 60_000, "number of milliseconds")
    .default(40)
    .describe("milliseconds between two words of the built-in model"),
  OPENAI_BASE_URL: httpUrl
    .optional()
    .describe("an OpenAI-compatible endpoint: http://localhost:11434/v1"),
  OPENAI_API_KEY: z.string().optional().describe("its key, if it wants one"),
  OPENAI_ORGANIZATION: z
    .string()
    .optional()
    .describe("sent as `OpenAI-Organization`"),
  OPENAI_PROJECT: z.string().optional().describe("sent as `OpenAI-Project`"),
  OPENAI_HEADERS: z
    .string()
    .refine(isHeaders, 'must be JSON of names and texts: {"x-team": "blue"}')
    .optional()
    .describe("other headers that a gateway wants, as a JSON object"),
  OPENAI_CA_FILE: z
    .string()
    .optional()
    .describe("a PEM file of authorities to trust besides the usual ones"),
  OPENAI_CONTEXT_TOKENS: wholeNumber(512, 10_000_000, "number of tokens")
    .default(4_096)
    .describe(
      "the window of models whose server doesn't tell; Ollama's usual one by default",
    ),
  OPENAI_CONTINUATION: z
    .enum(["restart", "prefill", "vllm"], "must be restart, prefill or vllm")
    .default("restart")
    .describe(
      "how a cut reply goes on: written again from its beginning, or continued as llama.cpp (`prefill`) or vLLM (`vllm`) can",
    ),
  HTTP_PROXY: httpUrl
    .optional()
    .describe("the proxy to an endpoint with http://"),
  HTTPS_PROXY: httpUrl
    .optional()
    .describe("the proxy to an endpoint with https://"),
  NO_PROXY: z
    .string()
    .optional()
    .describe("hosts that are reached without a proxy, with commas"),
  AWS_REGION: z
    .string()
    .optional()
    .describe("the region of Amazon Bedrock; by default the AWS profile's"),
};

function isHeaders(text: string): boolean {
  try {
    return z.record(z.string(), z.string()).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
