import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import type { ModelInfo } from "./model";

export interface ChosenOptions {
  maxTokens?: number | null | undefined;
  temperature?: number | null | undefined;
}

/** @throws VisibleError (422) if the model does not support the options. */
export function checkReplyOptions(
  info: Pick<ModelInfo, "name" | "maxReplyTokens" | "maxTemperature">,
  { maxTokens, temperature }: ChosenOptions,
): void {
  const most = info.maxReplyTokens;
  if (maxTokens != null && !isWholeNumber(maxTokens, 1, most)) {
    throw new VisibleError(
      422,
      sentence("problem.maxTokensOf", { most, model: info.name }),
    );
  }
  const highest = info.maxTemperature ?? 1;
  if (temperature != null && !(temperature >= 0 && temperature <= highest)) {
    throw new VisibleError(
      422,
      sentence("problem.temperatureOf", { most: highest, model: info.name }),
    );
  }
}

function isWholeNumber(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
