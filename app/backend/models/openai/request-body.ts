import { ModelError, type ModelMessage, type ReplyOptions } from "../model";
import type { OpenAISettings } from "../model-settings";

export type RequestBody = Record<string, unknown>;

/** What a server is asked, as the protocol has it. */
export function requestBody(
  messages: ModelMessage[],
  options: ReplyOptions,
  continuation: OpenAISettings["continuation"],
): RequestBody {
  const continues = messages.at(-1)?.role === "assistant";
  return {
    model: options.model,
    messages: messages.map(({ role, text }) => ({ role, content: text })),
    stream: true,
    stream_options: { include_usage: true },
    ...(options.maxTokens !== undefined && { max_tokens: options.maxTokens }),
    ...(options.temperature !== undefined && {
      temperature: options.temperature,
    }),
    ...(continues &&
      continuation === "vllm" && {
        add_generation_prompt: false,
        continue_final_message: true,
      }),
  };
}

/** A change that a server has asked for; it's made to all later requests for the model too. */
export interface Adaptation {
  name: string;
  /** Whether this is what a refusal is about. */
  wanted: RegExp;
  change: (body: RequestBody) => RequestBody;
}

/** Parameters that one server insists on and another refuses. */
const adaptations: Adaptation[] = [
  {
    name: "max_completion_tokens",
    wanted: /max_completion_tokens/,
    change: ({ max_tokens, ...body }) =>
      max_tokens === undefined
        ? body
        : { ...body, max_completion_tokens: max_tokens },
  },
  {
    name: "no stream_options",
    wanted: /stream_options|include_usage/,
    change: (body) => ({ ...body, stream_options: undefined }),
  },
  {
    name: "no temperature",
    wanted:
      /temperature.{0,80}(?:not support|unsupported|only the default)|unsupported.{0,40}temperature/is,
    change: (body) => ({ ...body, temperature: undefined }),
  },
];

/** What would make a server accept a request that it refused, if that is known. */
export function adaptationFor(error: unknown): Adaptation | undefined {
  if (!(error instanceof ModelError) || error.reason !== "invalid") {
    return undefined;
  }
  return adaptations.find(({ wanted }) => wanted.test(error.forOperator));
}
