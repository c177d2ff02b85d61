import type { ModelDescription } from "../../core/domain/records";

export interface PickerGroup {
  provider: string;
  models: ModelDescription[];
}

/** The model picker, as its template needs it. */
export interface Picker {
  groups: PickerGroup[];
  selected: string | undefined;
  /** What the selected model can do. */
  description: string | undefined;
  several: boolean;
  /** What to say if the wanted model is not on offer any more. */
  withdrawn: string | undefined;
  /** Where the browser's script saves a choice at once; without it, it goes with the message. */
  saveAt: string;
}

const providerNames: Record<string, string> = {
  eliza: "Built in",
  openai: "OpenAI-compatible",
  bedrock: "Amazon Bedrock",
};

/**
 * @param wanted The model that was chosen. One that is no longer on offer is replaced by the first.
 */
export function viewPicker(
  models: ModelDescription[],
  wanted: string | undefined,
  saveAt: string,
): Picker {
  const selected = models.find((model) => model.id === wanted) ?? models[0];
  const providers = [...new Set(models.map((model) => model.provider))];
  return {
    groups: providers.map((provider) => ({
      provider: providerNames[provider] ?? provider,
      models: models.filter((model) => model.provider === provider),
    })),
    selected: selected?.id,
    description: selected?.description,
    several: models.length > 1,
    withdrawn:
      wanted && selected && selected.id !== wanted
        ? `${wanted} is no longer available. Your next message will use ${selected.name}.`
        : undefined,
    saveAt,
  };
}
