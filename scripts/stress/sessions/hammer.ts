import { createStorageContext } from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";

/*
 * Saves to sessions as fast as it can, two at a time, and says what was acknowledged, until it is
 * killed: hammer.ts DIRECTORY KEY ID... It counts under its own key in every session.
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
