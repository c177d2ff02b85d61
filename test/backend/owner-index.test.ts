import { OwnerIndex } from "../../app/backend/owner-index/owner-index";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { MemoryDisk } from "../support/memory-disk";
import { waitFor } from "../support/wait-for";
import { OWNER } from "./memory-process";
import { barrier } from "./replies/scripted-models";

const folders = recordFoldersIn("/records");
const [EARLIER, LATER] = ["a".repeat(26), "b".repeat(26)];

const prompt = (id: string) => ({
  kind: "prompt" as const,
  id,
  at: new Date(0).toISOString(),
});

const indexOn = (fileSystem: FileSystem) =>
  new OwnerIndex(createStorageContext({ fileSystem }), folders);

it("keeps a later event's conversation first when an earlier append resolves after it", async () => {
  const disk = new MemoryDisk();
  const elsewhere = indexOn(disk);
  await elsewhere.append(OWNER, prompt(LATER));
  const { held, go } = barrier();
  let isHeld = false;
  const flush = disk.syncDirectory;
  disk.syncDirectory = async (folder) => {
    if (!isHeld) {
      isHeld = true;
      await held;
    }
    return flush(folder);
  };
  const here = indexOn(disk);
  const appended = here.append(OWNER, prompt(EARLIER));
  await waitFor(() => isHeld);
  await elsewhere.append(OWNER, prompt(LATER));
  await here.read(OWNER);
  go();
  await appended;
  expect(await here.isNewest(OWNER, EARLIER)).toBe(false);
  expect(await here.isNewest(OWNER, LATER)).toBe(true);
});
