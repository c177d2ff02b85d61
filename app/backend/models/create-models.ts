import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { estimateTokens } from "./estimate-tokens";
import {
  ModelError,
  type ModelEvent,
  type ModelInfo,
  type ModelMessage,
  type ModelProvider,
  type ReplyOptions,
} from "./model";
import { createModelLists } from "./model-lists";
import { createModelMetrics, type ReplyMeter } from "./model-metrics";
import type { ModelTimeouts } from "./model-settings";
import { watchReply } from "./watch-reply";

/** All models on offer, of every provider. */
export interface Models {
  /** @throws ConfigError naming what a provider needs and was not told. */
  check(): Promise<void>;
  /** In the order of the picker. Never fails: a provider that can't be asked is left out and logged. */
  list(): Promise<ModelInfo[]>;
  /** The model of an id; `undefined` if it isn't on offer (any more). */
  find(id: string): Promise<ModelInfo | undefined>;
  /** What a new conversation gets; `undefined` while nothing is on offer. */
  standard(): Promise<ModelInfo | undefined>;
  /**
   * Writes a reply; see {@link ModelProvider.streamReply}. Ends it when the model takes too long,
   * and counts it.
   *
   * @param id A model's id, `provider/name`.
   * @throws ModelError out of the iteration, for everything but an abort.
   */
  streamReply(
    id: string,
    messages: ModelMessage[],
    options: Omit<ReplyOptions, "model">,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
  /** Lets go of the providers' connections. */
  close(): Promise<void>;
}

export interface ModelsDependencies {
  /** In the order of the picker; the first model of the first provider is the standard one. */
  providers: ModelProvider[];
  timeouts: ModelTimeouts;
  metrics: Registry;
  log: Logger;
  /** A clock in milliseconds that only goes forwards. */
  now?: () => number;
}

export function createModels({
  providers,
  timeouts,
  metrics,
  log,
  now = () => performance.now(),
}: ModelsDependencies): Models {
  const lists = createModelLists(providers, log, now);
  const meters = createModelMetrics(metrics);

  async function find(id: string): Promise<ModelInfo | undefined> {
    return (await lists.all()).find((model) => model.id === id);
  }

  async function* streamReply(
    id: string,
    messages: ModelMessage[],
    options: Omit<ReplyOptions, "model">,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent> {
    const offered = await find(id);
    const meter = measure(
      meters.reply(offered?.id ?? "unknown"),
      messages,
      now,
    );
    try {
      const { provider, model } = target(id, offered);
      const asked = { ...within(offered, options), model };
      const ask = (inner: AbortSignal) =>
        provider.streamReply(messages, asked, inner);
      for await (const event of watchReply(ask, timeouts, signal)) {
        meter.event(event);
        yield event;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = asModelError(error);
      meter.end(failure.reason);
      throw failure;
    } finally {
      // Who stops a reply, or leaves it, makes no failure of it.
      meter.end("stopped");
    }
  }

  function target(
    id: string,
    offered: ModelInfo | undefined,
  ): { provider: ModelProvider; model: string } {
    const [name, model = ""] = id.split(/\/(.*)/s);
    const provider = providers.find((candidate) => candidate.name === name);
    // A provider whose list can't be had may answer all the same; it knows its models best.
    if (provider && (offered || !lists.isKnown(provider.name))) {
      return { provider, model };
    }
    throw new ModelError(
      "unknown-model",
      "The model of this conversation is no longer offered here. Choose another one from the list of models, then try again.",
      `Nothing offers "${id}" now: see MODEL_PROVIDER and MODELS, and what the provider lists.`,
    );
  }

  return {
    check: async () => {
      for (const provider of providers) await provider.check?.();
    },
    list: () => lists.all(),
    find,
    standard: async () => (await lists.all())[0],
    streamReply,
    close: async () => {
      lists.close();
      for (const provider of providers) await provider.close?.();
    },
  };
}

/** A length that was chosen for another model is no reason to fail: this one's limit holds. */
function within(
  offered: ModelInfo | undefined,
  options: Omit<ReplyOptions, "model">,
): Omit<ReplyOptions, "model"> {
  const { maxTokens } = options;
  if (maxTokens === undefined || offered === undefined) return options;
  return { ...options, maxTokens: Math.min(maxTokens, offered.maxReplyTokens) };
}

function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  return new ModelError(
    "provider",
    "Something went wrong while the model was asked, and it was noted. Please try again.",
    `An unexpected error: ${String(error)}`,
    { cause: error },
  );
}

/** Follows a reply and tells its figures once, however it ends. */
function measure(
  meter: ReplyMeter,
  messages: ModelMessage[],
  now: () => number,
) {
  const begunAt = now();
  let firstAt: number | undefined;
  let text = "";
  let usage: { inputTokens: number; outputTokens: number } | undefined;
  let ended = false;

  function said(more: string): void {
    text += more;
    if (firstAt !== undefined) return;
    firstAt = now();
    meter.firstToken(firstAt - begunAt);
  }

  function end(outcome: Parameters<ReplyMeter["ended"]>[0]): void {
    if (ended) return;
    ended = true;
    meter.ended(outcome);
    if (firstAt === undefined && usage === undefined) return;
    const prompt = messages.map((message) => message.text).join("\n");
    const input = usage?.inputTokens ?? estimateTokens(prompt);
    const output = usage?.outputTokens ?? estimateTokens(text);
    meter.tokens(input, output, now() - (firstAt ?? now()));
  }

  return {
    event(event: ModelEvent): void {
      if (event.kind === "usage") usage = event;
      if (event.kind === "text" || event.kind === "reasoning") said(event.text);
      if (event.kind === "stop") end("complete");
    },
    end,
  };
}
