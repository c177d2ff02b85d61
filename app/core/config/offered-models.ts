import type { ProviderName } from "./model-settings";

/** A model that `MODELS` offers. */
export interface OfferedModel {
  /** The provider's name for the model. */
  model: string;
  /** The name for visitors, if the setting gives one. */
  name?: string | undefined;
}

export interface OfferedModels {
  /** The models by provider. */
  offered: Partial<Record<ProviderName, OfferedModel[]>>;
  /** Entries that name no provider although there are several. */
  unassigned: string[];
}

/**
 * Sorts `MODELS` by provider. An entry is the provider's name for a model. It may begin with the
 * provider and end with a name for visitors: `bedrock/eu.amazon.nova-pro-v1:0=Nova Pro`.
 */
export function offeredModels(
  providers: readonly ProviderName[],
  entries: readonly string[] = [],
): OfferedModels {
  const sorted: OfferedModels = { offered: {}, unassigned: [] };
  for (const entry of entries) {
    const found = providerOf(entry, providers);
    if (found === undefined) sorted.unassigned.push(entry);
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
