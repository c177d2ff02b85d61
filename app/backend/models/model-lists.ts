import type { Logger } from "pino";
import { resultWithin } from "../../core/runtime/async";
import { ModelError, type ModelInfo, type ModelProvider } from "./model";

/** Cached lists of models. A provider that fails does not affect the others. */
export interface ModelLists {
  /** In the providers' order. Waits for a provider only while its list is unknown. */
  all(): Promise<ModelInfo[]>;
  /** True if the provider's list was read: other models are not offered. */
  isKnown(provider: string): boolean;
  close(): void;
}

/** Balances requests against the time until a newly pulled model appears. */
const REFRESH_MS = 30_000;
/** An old list serves this long, so that a restart of the endpoint loses no model. */
const USABLE_MS = 15 * 60_000;
/** The pause after a failure: each attempt delays a visitor. */
const RETRY_MS = 5_000;
/** A page waits for a list no longer than this, and shows the other providers' models. */
const MAX_WAIT_MS = 3_000;

interface Entry {
  models: ModelInfo[] | undefined;
  readAt: number;
  requestedAt: number;
  request: Promise<void> | undefined;
  failure: string | undefined;
}

/** @param now A monotonic clock in milliseconds. */
export function createModelLists(
  providers: ModelProvider[],
  log: Logger,
  now: () => number,
): ModelLists {
  const closing = new AbortController();
  const entries = new Map<ModelProvider, Entry>(
    providers.map((provider) => [provider, emptyEntry()]),
  );

  async function ask(provider: ModelProvider, entry: Entry): Promise<void> {
    entry.requestedAt = now();
    const limit = AbortSignal.any([
      closing.signal,
      AbortSignal.timeout(MAX_WAIT_MS * 3),
    ]);
    try {
      entry.models = await provider.listModels(limit);
      entry.readAt = now();
      entry.failure = undefined;
    } catch (error) {
      if (!closing.signal.aborted) noteFailure(provider, entry, error);
    } finally {
      entry.request = undefined;
    }
  }

  function noteFailure(
    provider: ModelProvider,
    entry: Entry,
    error: unknown,
  ): void {
    const failure =
      error instanceof ModelError ? error.forOperator : String(error);
    // Logged once: it recurs every few seconds.
    if (failure !== entry.failure) {
      const message = "failed to list a provider's models";
      log.warn(
        { provider: provider.name, error, forOperator: failure },
        message,
      );
    }
    entry.failure = failure;
  }

  async function listOf(provider: ModelProvider): Promise<ModelInfo[]> {
    const entry = entries.get(provider)!;
    const old =
      entry.models === undefined || now() - entry.readAt >= REFRESH_MS;
    if (
      old &&
      entry.request === undefined &&
      now() - entry.requestedAt >= RETRY_MS
    ) {
      entry.request = ask(provider, entry);
    }
    if (entry.models === undefined && entry.request) {
      await resultWithin(entry.request, MAX_WAIT_MS);
    }
    return now() - entry.readAt < USABLE_MS ? (entry.models ?? []) : [];
  }

  return {
    all: async () => (await Promise.all(providers.map(listOf))).flat(),
    isKnown: (name) =>
      [...entries].some(
        ([provider, { models }]) =>
          provider.name === name && models !== undefined,
      ),
    close: () => closing.abort(),
  };
}

function emptyEntry(): Entry {
  const never = Number.NEGATIVE_INFINITY;
  return {
    models: undefined,
    readAt: never,
    requestedAt: never,
    request: undefined,
    failure: undefined,
  };
}
