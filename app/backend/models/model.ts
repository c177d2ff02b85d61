import type { ProviderName } from "../../core/config/model-settings";
import type { FileKind } from "../../core/domain/file-types";
import type { FileRef } from "../../core/domain/records";

/** A turn of a conversation, as sent to a model. */
export interface ModelMessage {
  role: "system" | "user" | "assistant";
  text: string;
  files?: readonly ModelFile[];
}

/** A file, as sent to a model. */
export interface ModelFile extends Omit<FileRef, "id"> {
  /** The form in which the model gets it. `none`: the model is told that the file is there. */
  as: FileKind | "none";
  /** An estimate. */
  tokens: number;
  /** Its bytes, or its text as UTF-8. */
  read(this: void): Promise<Buffer>;
}

/** The files that a model takes as they are, within these bounds; all others are given as text. */
export interface TakenFiles {
  images?: FileBounds & { maxSide?: number };
  documents?: FileBounds;
  /** True if it takes every file, but needs no text of it. */
  all?: boolean;
}

interface FileBounds {
  /** The most bytes of one file. */
  maxBytes: number;
  /** In one request: the oldest are left out. */
  maxCount: number;
}

/** A model that can be picked, as the picker and the API describe it. */
export interface ModelInfo {
  /** `provider/name-at-provider`, unique over all providers: `bedrock/amazon.nova-pro-v1:0`. */
  id: string;
  /** The display name: `Nova Pro`. */
  name: string;
  provider: ProviderName;
  /** A short sentence, shown in the picker. */
  description: string;
  /** The most tokens that prompt and reply may have together. */
  contextTokens: number;
  /** The most tokens that one reply may have. */
  maxReplyTokens: number;
  /** The highest temperature that it takes; 1 if absent. */
  maxTemperature?: number;
  /**
   * True if the model continues a prompt that ends in an unfinished `assistant` message. Otherwise
   * an interrupted reply is started again.
   */
  continues: boolean;
  /** Absent for a model that takes text alone. */
  takes?: TakenFiles | undefined;
}

export interface ReplyOptions {
  /** The provider's own name of the model, the part of {@link ModelInfo.id} after the first slash. */
  model: string;
  /** The most tokens to write after a begun answer; the model's own limit if absent. */
  maxTokens?: number;
  /** 0 to {@link ModelInfo.maxTemperature}; the provider's default if absent. */
  temperature?: number;
  /** The number of earlier answers to the same prompt, for models that are deterministic. */
  attempt?: number;
}

export type ModelEvent =
  /** The next piece of the answer. */
  | { kind: "text"; text: string }
  /** The next piece of the model's reasoning, which is no part of the answer. */
  | { kind: "reasoning"; text: string }
  /** Everything so far is of the named kind: a `</think>` came without its opening tag, or never. */
  | { kind: "reclassify"; as: "text" | "reasoning" }
  /** The provider asks to wait (a rate limit). The visitor sees the message meanwhile. */
  | { kind: "waiting"; ms: number; message: string }
  /** The provider's own count, before `stop`. Without it, the count is estimated. */
  | { kind: "usage"; inputTokens: number; outputTokens: number }
  /** The last event of a reply that did not fail: why the model stopped. */
  | { kind: "stop"; reason: "end" | "length" | "filtered" | "unknown" };

/** A source of models. All implementations pass the same contract suite. */
export interface ModelProvider {
  readonly name: ProviderName;
  /**
   * Checks the settings before the backend starts.
   *
   * @throws ConfigError that names a missing setting.
   */
  check?(): Promise<void>;
  /** @throws ModelError if the provider can't be reached. */
  listModels(signal: AbortSignal): Promise<ModelInfo[]>;
  /**
   * Writes a reply. If the last message is an `assistant` message, the reply continues after its
   * last character: only for models with {@link ModelInfo.continues}.
   *
   * @param signal Aborts the reply: the upstream request is cancelled at once and the iteration
   *   ends with the signal's reason.
   * @throws ModelError (out of the iteration) for every failure upstream.
   */
  streamReply(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
  /** Closes its connections. */
  close?(): Promise<void>;
}

/** Why a reply failed, in words for the visitor and for the operator. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  constructor(
    /** A label of metrics: keep the set small. */
    readonly reason:
      | "throttled"
      | "denied"
      | "unknown-model"
      | "invalid"
      | "too-long"
      | "filtered"
      | "unreachable"
      | "timed-out"
      | "interrupted"
      | "provider",
    /** For the visitor: the problem, and what to do. */
    message: string,
    /** For the log: what the operator can do, with the provider's message. */
    readonly forOperator: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The wait that a busy provider asks for: 0 if it doesn't say, `undefined` if it isn't busy. */
  readonly retryAfterMs: number | undefined;
}

/** The display name of a model that has none: `meta/llama3.2:latest` becomes `llama3.2`. */
export function shortName(model: string): string {
  const last = model.split("/").at(-1) || model;
  return last.replace(/\.gguf$/i, "").replace(/:latest$/, "");
}

/** A rounded number of tokens: 131072 becomes `128k`. */
export function formatTokens(tokens: number): string {
  if (tokens >= 1_000_000) return `${Math.round(tokens / 100_000) / 10}M`;
  const kilo = tokens % 1_024 === 0 ? 1_024 : 1_000;
  return tokens < 1_000 ? String(tokens) : `${Math.round(tokens / kilo)}k`;
}
