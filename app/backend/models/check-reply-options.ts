import { VisibleError } from "../../core/domain/errors";
import type { ModelInfo } from "./model";

/** What a visitor may choose for the replies of a conversation. */
export interface ChosenOptions {
  maxTokens?: number | null | undefined;
  temperature?: number | null | undefined;
}

/**
 * Makes sure that a model can do what was chosen.
 *
 * @throws VisibleError (422) that names the choice and what is possible.
 */
export function checkReplyOptions(
  info: Pick<ModelInfo, "name" | "maxReplyTokens">,
  { maxTokens, temperature }: ChosenOptions,
): void {
  const most = info.maxReplyTokens;
  if (maxTokens != null && !isWholeNumber(maxTokens, 1, most)) {
    throw new VisibleError(
      422,
      `The maximum length must be a whole number of tokens, 1 to ${most} for ${info.name}. Choose another length, or leave it empty for the model's own limit.`,
    );
  }
  if (temperature != null && !(temperature >= 0 && temperature <= 1)) {
    throw new VisibleError(
      422,
      "The temperature must be a number from 0 (steady) to 1 (lively). Choose another one, or leave it empty for the model's own.",
    );
  }
}

function isWholeNumber(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
