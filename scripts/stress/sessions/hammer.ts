import { createStorageContext } from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";

/*
 * hammer.ts DIRECTORY KEY ID...: saves to sessions as fast as it can, two at a time, until it is killed.
 * Counts under its own key in every session, and reports each acknowledged save.
 */

const [directory = "", key = "", ...ids] = process.argv.slice(2);

const store = createFileSessionStore({
  directory,
  files: createStorageContext(),
  idleMs: 1e12,
  absoluteMs: 1e12,
  now: Date.now,
});

async function hammer(mine: string[]): Promise<void> {
  for (let n = 1; ; n++) {
    for (const id of mine) {
      await store.save(id, {}, { [key]: n });
      process.send?.({ id, n });
    }
  }
}

void hammer(ids.filter((_, i) => i % 2 === 0));
void hammer(ids.filter((_, i) => i % 2 === 1));
process.once("disconnect", () => process.exit());
