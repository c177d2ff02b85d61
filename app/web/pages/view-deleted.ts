import type { DeletedConversation } from "../../core/domain/records";
import type { Zone } from "./zone";

/** A deleted conversation, as pages show it. */
export function viewDeleted(
  { conversation, restorableUntil }: DeletedConversation,
  zone: Zone,
): object {
  const { id, title, deletedAt } = conversation;
  return {
    id,
    title,
    deletedAt,
    deleted: deletedAt && zone.timeOf(Date.parse(deletedAt)),
    until: restorableUntil,
    untilText: zone.timeOf(Date.parse(restorableUntil)),
  };
}
