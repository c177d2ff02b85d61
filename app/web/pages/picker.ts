import type { ProviderName } from "../../core/config/model-settings";
import type { Locale } from "../../core/texts/locale";
import type { ModelDescription } from "../../core/domain/records";

export interface PickerGroup {
  provider: string;
  models: ModelDescription[];
}

/** The data of `picker.njk`. */
export interface Picker {
  groups: PickerGroup[];
  selected: ModelDescription | undefined;
  several: boolean;
  /** True if the script should offer a search instead of a list. */
  isLong: boolean;
  /** A notice that the wanted model is no longer available. */
  withdrawn: string | undefined;
  /** The address where the script saves a choice; without the script, it is sent with the message. */
  saveAt: string;
}

/** More models than a glance takes in. */
const LONG_LIST = 12;

const providerLabels = {
  eliza: "picker.builtIn",
  openai: "picker.openai",
  bedrock: "picker.bedrock",
} as const satisfies Record<ProviderName, string>;

const isKnown = (provider: string): provider is ProviderName =>
  Object.hasOwn(providerLabels, provider);

/**
 * @param wanted The chosen model. If it is no longer available, the first one is selected.
 */
export function viewPicker(
  locale: Locale,
  models: ModelDescription[],
  wanted: string | undefined,
  saveAt: string,
): Picker {
  const selected = models.find((model) => model.id === wanted) ?? models[0];
  const providers = [...new Set(models.map((model) => model.provider))];
  return {
    groups: providers.map((provider) => ({
      provider: isKnown(provider)
        ? locale.t(providerLabels[provider])
        : provider,
      models: models.filter((model) => model.provider === provider),
    })),
    selected,
    several: models.length > 1,
    isLong: models.length > LONG_LIST,
    withdrawn:
      wanted && selected && selected.id !== wanted
        ? locale.t("picker.withdrawn", { wanted, selected: selected.name })
        : undefined,
    saveAt,
  };
}
