import type { ProviderName } from "../../core/config/model-settings";

/** One turn of a conversation, as a model is given it. */
export interface ModelMessage {
  role: "system" | "user" | "assistant";
  text: string;
}

/** A model that can be picked, as the picker and the API describe it. */
export interface ModelInfo {
  /** `provider/name-at-provider`, unique over all providers: `bedrock/amazon.nova-pro-v1:0`. */
  id: string;
  /** What people call it: `Nova Pro`. */
  name: string;
  provider: ProviderName;
  /** One short sentence on what it can do, shown in the picker. */
  description: string;
  /** How many tokens prompt and reply may take together. */
  contextTokens: number;
  /** The most tokens one reply may take. */
  maxReplyTokens: number;
  /**
   * Whether a prompt that ends in an unfinished `assistant` message is answered with what comes
   * next. Where it isn't, a cut reply is started again.
   */
  continues: boolean;
}

export interface ReplyOptions {
  /** The provider's own name of the model, the part of {@link ModelInfo.id} after the first slash. */
  model: string;
  /** The most tokens to write, after what is begun; the model's own limit where absent. */
  maxTokens?: number;
  /** 0 to 1; the provider's default where absent. */
  temperature?: number;
  /** How often the same was asked before: for models that would say the same again. */
  attempt?: number;
}

/** What a model says while it writes. */
export type ModelEvent =
  /** The next piece of the answer. */
  | { kind: "text"; text: string }
  /** The next piece of the model's reasoning, which is no part of the answer. */
  | { kind: "reasoning"; text: string }
  /** The provider asks to wait (a rate limit): shown to the visitor meanwhile. */
  | { kind: "waiting"; ms: number; message: string }
  | { kind: "usage"; inputTokens: number; outputTokens: number }
  /** Why the model stopped by itself; the last event of a reply that did not fail. */
  | { kind: "stop"; reason: "end" | "length" | "filtered" };

/** Where models come from: one implementation a provider, one contract suite for all. */
export interface ModelProvider {
  readonly name: ProviderName;
  /**
   * Looks, before anybody is served, whether it has been told all that it needs.
   *
   * @throws ConfigError naming what is missing.
   */
  check?(): Promise<void>;
  /**
   * The models on offer now.
   *
   * @throws ModelError when the provider can't be asked.
   */
  listModels(signal: AbortSignal): Promise<ModelInfo[]>;
  /**
   * Writes a reply. If the last message is an `assistant` message, the reply goes on from its
   * last character (only asked of models that {@link ModelInfo.continues}).
   *
   * @param signal Aborts the reply: the upstream request is cancelled at once and the iteration
   *   ends with the signal's reason.
   * @throws ModelError (out of the iteration) for everything that goes wrong upstream.
   */
  streamReply(
    messages: ModelMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
  /** Lets go of its connections. */
  close?(): Promise<void>;
}

/** Why a reply failed, in words for the visitor and for whoever operates the server. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  constructor(
    /** Counted in metrics: keep the set small. */
    readonly reason:
      | "throttled"
      | "denied"
      | "unknown-model"
      | "invalid"
      | "too-long"
      | "unreachable"
      | "timed-out"
      | "interrupted"
      | "provider",
    /** Fit for the visitor: says what they can do. */
    message: string,
    /** For the log: what the operator can do, with what the provider said. */
    readonly forOperator: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Of a provider that is busy: how long it asks to wait; `undefined` where it doesn't say. */
  readonly retryAfterMs: number | undefined;
}
