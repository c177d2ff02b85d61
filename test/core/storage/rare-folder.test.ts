import path from "node:path";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { listRare } from "../../../app/core/storage/rare-folder";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import { countCalls } from "../../../scripts/support/count-calls";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

/** A process that looks for a folder, and its calls. */
async function looking() {
  const parent = await temporaryFolder();
  const folder = path.join(parent, "rare");
  const counter = countCalls(nodeFileSystem);
  const storage = createStorageContext({ fileSystem: counter.fileSystem });
  const look = async () => {
    const names = await listRare(storage, folder);
    return { names, calls: counter.take().calls };
  };
  return { parent, folder, look };
}

it("finds in one call that a folder is missing", async () => {
  const { look } = await looking();
  expect(await look()).toEqual({ names: undefined, calls: { list: 1 } });
});

it("finds a folder that another process has created since the last look", async () => {
  const { folder, look } = await looking();
  await look();
  await nodeFileSystem.mkdir(folder);
  expect(await look()).toEqual({ names: [], calls: { list: 2 } });
  expect(await look()).toEqual({ names: [], calls: { list: 1 } });
});

it("finds that a folder it has seen was removed", async () => {
  const { folder, look } = await looking();
  await nodeFileSystem.mkdir(folder);
  await look();
  await nodeFileSystem.rmdir(folder);
  expect((await look()).names).toBeUndefined();
});

it("finds no folder whose parent is missing", async () => {
  const { parent, look } = await looking();
  await nodeFileSystem.rmdir(parent);
  expect((await look()).names).toBeUndefined();
});
