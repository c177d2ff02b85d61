import type { ProviderName } from "./model-settings";

/** A model that `MODELS` offers. */
export interface OfferedModel {
  /** The provider's own name of it. */
  model: string;
  /** What people call it, where the setting says so. */
  name?: string | undefined;
}

export interface OfferedModels {
  /** What `MODELS` offers of each provider that it names. */
  offered: Partial<Record<ProviderName, OfferedModel[]>>;
  /** Entries whose provider can't be told. */
  unclear: string[];
}

/**
 * Sorts `MODELS` by provider. An entry is a model's name at its provider, with the provider before
 * it where there are several, and what people call it after it, where that is something else:
 * `bedrock/eu.amazon.nova-pro-v1:0=Nova Pro`.
 */
export function offeredModels(
  providers: readonly ProviderName[],
  entries: readonly string[] = [],
): OfferedModels {
  const sorted: OfferedModels = { offered: {}, unclear: [] };
  for (const entry of entries) {
    const found = providerOf(entry, providers);
    if (found === undefined) sorted.unclear.push(entry);
    else (sorted.offered[found.provider] ??= []).push(found.model);
  }
  return sorted;
}

function providerOf(
  entry: string,
  providers: readonly ProviderName[],
): { provider: ProviderName; model: OfferedModel } | undefined {
  const [id = "", name] = entry.split(/=(.*)/s).map((part) => part.trim());
  const named = providers.find((provider) => id.startsWith(`${provider}/`));
  if (named) {
    return {
      provider: named,
      model: { model: id.slice(named.length + 1), name },
    };
  }
  const [only, ...others] = providers.filter(
    (provider) => provider !== "eliza",
  );
  if (only === undefined || others.length > 0) return undefined;
  return { provider: only, model: { model: id, name } };
}
