import { storageProblemOf } from "../../../core/storage/storage-problem";

const STORAGE_FAILS = "the server's storage reports an error";
const GOES_ON =
  "It goes on by itself once that has passed; whoever runs this server has to see to it.";

/** What those who watch a reply are told when it can't be saved. */
export function unsavedNotice(error: unknown): string {
  const reason = storageProblemOf(error)?.reason ?? STORAGE_FAILS;
  return `The reply can't be saved: ${reason}. ${GOES_ON}`;
}
