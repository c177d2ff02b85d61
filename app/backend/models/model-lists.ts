import type { Logger } from "pino";
import { ModelError, type ModelInfo, type ModelProvider } from "./model";

/** The models of several providers; one that can't be asked doesn't take the others down. */
export interface ModelLists {
  /** All models on offer, in the providers' order. Waits for a provider at most the first time. */
  all(): Promise<ModelInfo[]>;
  /** Whether the provider's list is known: what isn't on it isn't on offer. */
  isKnown(provider: string): boolean;
  close(): void;
}

/** A list is asked for anew after this long: a model that was just pulled should soon appear. */
const freshMs = 30_000;
/** A list that can't be had anew serves this long: an endpoint that restarts loses no model. */
const usableMs = 15 * 60_000;
/** How long to leave a provider alone that couldn't be asked: its error takes a visitor's time. */
const leaveMs = 5_000;
/** A page waits for a list no longer than this. */
const patienceMs = 3_000;

interface Entry {
  models: ModelInfo[] | undefined;
  readAt: number;
  askedAt: number;
  asking: Promise<void> | undefined;
  failure: string | undefined;
}

/** @param now A clock in milliseconds that only goes forwards. */
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
    entry.askedAt = now();
    const limit = AbortSignal.any([
      closing.signal,
      AbortSignal.timeout(patienceMs * 3),
    ]);
    try {
      entry.models = await provider.listModels(limit);
      entry.readAt = now();
      entry.failure = undefined;
    } catch (error) {
      if (!closing.signal.aborted) noteFailure(provider, entry, error);
    } finally {
      entry.asking = undefined;
    }
  }

  function noteFailure(
    provider: ModelProvider,
    entry: Entry,
    error: unknown,
  ): void {
    const failure =
      error instanceof ModelError ? error.forOperator : String(error);
    // The same failure every few seconds would bury everything else in the log.
    if (failure !== entry.failure) {
      const message = "a provider's models can't be listed";
      log.warn(
        { provider: provider.name, error, forOperator: failure },
        message,
      );
    }
    entry.failure = failure;
  }

  async function listOf(provider: ModelProvider): Promise<ModelInfo[]> {
    const entry = entries.get(provider)!;
    const old = entry.models === undefined || now() - entry.readAt >= freshMs;
    if (old && entry.asking === undefined && now() - entry.askedAt >= leaveMs) {
      entry.asking = ask(provider, entry);
    }
    if (entry.models === undefined) await soon(entry.asking);
    return now() - entry.readAt < usableMs ? (entry.models ?? []) : [];
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
    askedAt: never,
    asking: undefined,
    failure: undefined,
  };
}

/** Waits for a list, but not for ever: the page shows the other providers' meanwhile. */
async function soon(asking: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([asking, enough]);
  clearTimeout(timer);
}
