import type { DeletedConversation } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { zoneOf } from "./zone";

/** A deleted conversation, as pages show it. */
export function viewDeleted(
  { conversation, restorableUntil }: DeletedConversation,
  reader: { zone: string | undefined; locale: Locale },
): object {
  const zone = zoneOf(reader.zone);
  const timeOf = (at: string) => zone.timeOf(Date.parse(at), reader.locale);
  const { id, title, deletedAt } = conversation;
  return {
    id,
    title,
    deletedAt,
    deleted: deletedAt && timeOf(deletedAt),
    until: restorableUntil,
    untilText: timeOf(restorableUntil),
  };
}
