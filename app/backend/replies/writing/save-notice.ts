import { sentence } from "../../../core/texts/catalogue";
import { english } from "../../../core/texts/locale";
import { storageProblemOf } from "../../../core/storage/storage-problem";

/** The notice that watchers get while a reply cannot be saved. */
export function saveNotice(error: unknown): string {
  const reason = storageProblemOf(error)?.reason ?? sentence("storage.failing");
  return english.t("problem.replyNotSaved", { reason });
}
