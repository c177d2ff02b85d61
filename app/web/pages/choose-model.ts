import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import type { Api, ApiContext } from "../backend-client/api";

/** @throws VisibleError 400 if there is no such model. */
export async function checkModel(
  api: Api,
  context: ApiContext,
  model: string,
): Promise<void> {
  const { models } = await api.readOverview(context);
  if (models.some(({ id }) => id === model)) return;
  throw new VisibleError(400, sentence("problem.noModel"));
}
