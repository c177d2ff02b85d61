import type { Conversation, ModelDescription } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";

/** The bounds of a model, and a notice if the options of a conversation exceed them. */
export interface BoundsView {
  maxTokens: number;
  maxTemperature: number;
  /** Sentences about both. */
  tokens: string;
  temperature: string;
  notice: string | undefined;
}

/** @returns `undefined` on other pages, and if the models are not known. */
export function viewBounds(
  conversation: Conversation | undefined,
  model: ModelDescription | undefined,
  locale: Locale,
): BoundsView | undefined {
  if (!conversation || !model) return undefined;
  const { name, maxReplyTokens: maxTokens, maxTemperature = 1 } = model;
  return {
    maxTokens,
    maxTemperature,
    tokens: locale.t("options.maxTokensBounds", { max: maxTokens, name }),
    temperature: locale.t("options.temperatureBounds", {
      max: maxTemperature,
      name,
    }),
    notice: noticeOf(conversation, { name, maxTokens, maxTemperature }, locale),
  };
}

/** Options that were chosen for another model stay, and this one gets the most that it allows. */
function noticeOf(
  { maxTokens, temperature, exactTemperature }: Conversation,
  model: { name: string; maxTokens: number; maxTemperature: number },
  locale: Locale,
): string | undefined {
  const { name } = model;
  const chosen = exactTemperature ?? temperature;
  const sentences = [];
  if (chosen !== null && chosen > model.maxTemperature) {
    const values = { name, chosen, max: model.maxTemperature };
    sentences.push(locale.t("options.temperatureBeyond", values));
  }
  if (maxTokens !== null && maxTokens > model.maxTokens) {
    const values = { name, chosen: maxTokens, max: model.maxTokens };
    sentences.push(locale.t("options.maxTokensBeyond", values));
  }
  return sentences.length > 0 ? sentences.join(" ") : undefined;
}
