import { english } from "../../core/texts/locale";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { boundReply } from "./bound-reply";
import { TokenCounter } from "./token-counter";
import {
  ModelError,
  type ModelEvent,
  type ModelInfo,
  type ModelMessage,
  type ModelProvider,
  type ReplyOptions,
} from "./model";
import { inlineFiles } from "./inline-files";
import { createModelLists } from "./model-lists";
import { createModelMetrics, type ReplyMeter } from "./model-metrics";
import type { ModelTimeouts } from "./provider-settings";
import { withTokenTimeouts } from "./token-timeouts";

/** The models of all providers. */
export interface Models {
  /** @throws ConfigError that names a provider's missing setting. */
  check(): Promise<void>;
  /** In the order of the picker. Never fails: an unreachable provider is left out and logged. */
  list(): Promise<ModelInfo[]>;
  /** `undefined` if the model is not offered. */
  find(id: string): Promise<ModelInfo | undefined>;
  /** The model of new conversations; `undefined` while no model is offered. */
  standard(): Promise<ModelInfo | undefined>;
  /**
   * Writes a reply; see {@link ModelProvider.streamReply}. Applies time-outs and records metrics.
   *
   * @param id A model's id, `provider/name`.
   * @throws ModelError out of the iteration, for every failure but an abort.
   */
  streamReply(
    id: string,
    messages: ModelMessage[],
    options: Omit<ReplyOptions, "model">,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
  /** Closes the providers' connections. */
  close(): Promise<void>;
}

export interface ModelsDeps {
  /** In the order of the picker; the first model of the first provider is the standard one. */
  providers: ModelProvider[];
  timeouts: ModelTimeouts;
  metrics: Registry;
  log: Logger;
  /** A monotonic clock in milliseconds. */
  now?: () => number;
}

export function createModels({
  providers,
  timeouts,
  metrics,
  log,
  now = () => performance.now(),
}: ModelsDeps): Models {
  const lists = createModelLists(providers, log, now);
  const meters = createModelMetrics(metrics);
  const counter = new TokenCounter();

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
      counter,
    );
    try {
      const { provider, model } = target(id, offered);
      const asked = { ...withinLimits(offered, options), model };
      const given = offered?.takes?.all
        ? messages
        : await inlineFiles(messages);
      const ask = (inner: AbortSignal) =>
        provider.streamReply(given, asked, inner);
      const events = withTokenTimeouts(ask, timeouts, signal);
      for await (const event of boundReply(events)) {
        meter.event(event);
        yield event;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = asModelError(error);
      meter.end(failure.reason);
      throw failure;
    } finally {
      // A Stop is no failure, and neither is a consumer that leaves early.
      meter.end("stopped");
    }
  }

  function target(
    id: string,
    offered: ModelInfo | undefined,
  ): { provider: ModelProvider; model: string } {
    const [name, model = ""] = id.split(/\/(.*)/s);
    const provider = providers.find((candidate) => candidate.name === name);
    // A provider whose list is unknown may have the model all the same.
    if (provider && (offered || !lists.isKnown(provider.name))) {
      return { provider, model };
    }
    throw new ModelError(
      "unknown-model",
      english.t("reason.modelGone"),
      `No provider offers "${id}": check MODEL_PROVIDER and MODELS, and the provider's list.`,
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

/** The options may have been chosen for another model: this model's limits apply, as the page says. */
function withinLimits(
  offered: ModelInfo | undefined,
  options: Omit<ReplyOptions, "model">,
): Omit<ReplyOptions, "model"> {
  if (offered === undefined) return options;
  const { maxTokens, temperature } = options;
  const { maxReplyTokens, maxTemperature = 1 } = offered;
  return {
    ...options,
    ...(maxTokens !== undefined && {
      maxTokens: Math.min(maxTokens, maxReplyTokens),
    }),
    ...(temperature !== undefined && {
      temperature: Math.min(temperature, maxTemperature),
    }),
  };
}

function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  return new ModelError(
    "provider",
    english.t("reason.unexpected"),
    `An unexpected error: ${String(error)}`,
    { cause: error },
  );
}

/** Records the metrics of a reply once, however it ends. */
function measure(
  meter: ReplyMeter,
  messages: ModelMessage[],
  now: () => number,
  counter: TokenCounter,
) {
  const startedAt = now();
  let firstAt: number | undefined;
  let text = "";
  let usage: { inputTokens: number; outputTokens: number } | undefined;
  let ended = false;

  function add(more: string): void {
    text += more;
    if (firstAt !== undefined) return;
    firstAt = now();
    meter.firstToken(firstAt - startedAt);
  }

  function end(outcome: Parameters<ReplyMeter["ended"]>[0]): void {
    if (ended) return;
    ended = true;
    meter.ended(outcome);
    if (firstAt === undefined && usage === undefined) return;
    const ms = now() - (firstAt ?? now());
    void countUsed().then(([input, output]) => meter.tokens(input, output, ms));
  }

  /** The tokens of the prompt and of the answer. */
  async function countUsed(): Promise<[number, number]> {
    if (usage) return [usage.inputTokens, usage.outputTokens];
    let input = 0;
    for (const message of messages) input += await counter.count(message.text);
    return [input, await counter.count(text)];
  }

  return {
    event(event: ModelEvent): void {
      if (event.kind === "usage") usage = event;
      if (event.kind === "text" || event.kind === "reasoning") add(event.text);
      if (event.kind === "stop") end("complete");
    },
    end,
  };
}
