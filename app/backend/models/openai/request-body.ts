import {
  ModelError,
  type ModelFile,
  type ModelMessage,
  type ReplyOptions,
} from "../model";
import type { OpenAISettings } from "../provider-settings";
import {
  hasSystemRole,
  refusesSystemRole,
  withoutSystemRole,
} from "../system-role";

export type RequestBody = Record<string, unknown>;

/** The body of a chat completion's request. */
export async function requestBody(
  messages: ModelMessage[],
  options: ReplyOptions,
  continuation: OpenAISettings["continuation"],
  adaptations: Iterable<Adaptation>,
): Promise<RequestBody> {
  const continues = messages.at(-1)?.role === "assistant";
  const names = new Set([...adaptations].map(({ name }) => name));
  const prompt = names.has("no system role")
    ? withoutSystemRole(messages)
    : messages;
  const lengthName = names.has("max_completion_tokens")
    ? "max_completion_tokens"
    : "max_tokens";
  const { maxTokens, temperature } = options;
  return {
    model: options.model,
    messages: await Promise.all(prompt.map(toMessage)),
    stream: true,
    ...(!names.has("no stream_options") && {
      stream_options: { include_usage: true },
    }),
    ...(maxTokens !== undefined && { [lengthName]: maxTokens }),
    ...(temperature !== undefined &&
      !names.has("no temperature") && { temperature }),
    ...(continues &&
      continuation === "vllm" && {
        add_generation_prompt: false,
        continue_final_message: true,
      }),
  };
}

/** Only messages with pictures have parts: some servers take nothing but text. */
async function toMessage({ role, text, files = [] }: ModelMessage) {
  if (files.length === 0) return { role, content: text };
  const pictures = await Promise.all(files.map(toPart));
  return { role, content: [...pictures, { type: "text", text }] };
}

async function toPart({ type, read }: ModelFile): Promise<object> {
  const bytes = await read();
  if (bytes.length === 0) return { type: "text", text: "[A missing picture.]" };
  const url = `data:${type};base64,${bytes.toString("base64")}`;
  return { type: "image_url", image_url: { url } };
}

/** A change to requests that a server asked for. It applies to all later requests for the model. */
export interface Adaptation {
  name:
    | "max_completion_tokens"
    | "no stream_options"
    | "no temperature"
    | "no system role";
  /** True if a refusal asks for this change. */
  isWanted: (refusal: string, messages: ModelMessage[]) => boolean;
}

const adaptations: Adaptation[] = [
  {
    name: "max_completion_tokens",
    isWanted: (refusal) =>
      /us(?:e|ing) .?max_completion_tokens|max_tokens.{0,3} is not supported/i.test(
        refusal,
      ),
  },
  {
    name: "no stream_options",
    isWanted: (refusal) => /stream_options|include_usage/.test(refusal),
  },
  {
    name: "no temperature",
    isWanted: (refusal) =>
      /temperature.{0,80}(?:not support|unsupported|deprecated|only the default)|unsupported.{0,40}temperature/is.test(
        refusal,
      ),
  },
  {
    name: "no system role",
    isWanted: (refusal, messages) =>
      hasSystemRole(messages) && refusesSystemRole(refusal),
  },
];

/** The change that would make a server accept a request that it refused, if it is known. */
export function adaptationFor(
  error: unknown,
  messages: ModelMessage[],
): Adaptation | undefined {
  // Template errors are faults of the server to some: llama.cpp answers 500.
  if (!(error instanceof ModelError) || error.retryAfterMs !== undefined) {
    return undefined;
  }
  return adaptations.find(({ isWanted }) =>
    isWanted(error.forOperator, messages),
  );
}
