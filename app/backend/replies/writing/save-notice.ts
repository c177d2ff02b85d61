import { storageProblemOf } from "../../../core/storage/storage-problem";

/** The notice that watchers get while a reply cannot be saved. */
export function saveNotice(error: unknown): string {
  const reason =
    storageProblemOf(error)?.reason ?? "the server's storage reports an error";
  return `The reply can't be saved: ${reason}. It continues when the storage works again; the server's operator has to see to it.`;
}
