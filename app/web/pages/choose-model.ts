import { VisibleError } from "../../core/domain/errors";
import type { Api, ApiContext } from "../backend-client/api";

/**
 * Checks a choice of the picker.
 *
 * @throws VisibleError 400 if no such model is offered.
 */
export async function checkModel(
  api: Api,
  context: ApiContext,
  model: string,
): Promise<void> {
  const models = await api.listModels(context);
  if (models.some(({ id }) => id === model)) return;
  throw new VisibleError(
    400,
    "That model is not offered here, or not any more. Choose one of the list, and send again.",
  );
}
