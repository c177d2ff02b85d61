import { OwnerSettings } from "../../app/backend/owners/owner-settings";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { FAULT_KINDS } from "../support/faulty-file-system";
import type { MemoryDisk } from "../support/memory-disk";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
import { OWNER } from "./memory-process";

const folders = recordFoldersIn("/records");

/** The settings of a newly started process. */
const settingsOn = (fileSystem: FileSystem) =>
  new OwnerSettings(createStorageContext({ fileSystem }), folders);

const GIVEN = { name: "Not to be lost", text: "Some text" };

const look = async (fileSystem: FileSystem) => {
  const { savedPrompts } = await settingsOn(fileSystem).read(OWNER);
  return savedPrompts.map(({ name, text }) => ({ name, text }));
};

const saving = {
  request: (fileSystem: FileSystem) =>
    settingsOn(fileSystem).addPrompt(OWNER, GIVEN, "a-key"),
  look,
  whole: [GIVEN],
};

test.each(FAULT_KINDS)(
  "a prompt whose saving fails is saved whole or not at all, and a repeated call saves it once, whichever storage call is %s",
  async (kind) => {
    expect(await repeatAfterEachFault(kind, saving)).toBeGreaterThan(3);
  },
);

test("a saved prompt survives a power cut after it is acknowledged, and no half of one is found before", async () => {
  expect(await cutAfterEachCall(saving)).toBeGreaterThan(5);
});

test("a prompt that is saved again after its process died survives a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    ...saving,
    check: async (found) => expect(await look(found)).toEqual([GIVEN]),
  });
  expect(deaths).toBeGreaterThan(5);
});

test("instructions and prompts that are erased again after a process died are in no file after a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    prepare: async (disk) => {
      await settingsOn(disk).setInstructions(OWNER, "About zebras");
      await settingsOn(disk).addPrompt(OWNER, GIVEN);
    },
    request: (fileSystem) => settingsOn(fileSystem).erase(OWNER),
    check: async (found) => {
      expect(await settingsOn(found).read(OWNER)).toEqual({
        instructions: "",
        savedPrompts: [],
      });
      const files = (found as MemoryDisk).dump().map(String);
      expect(files.filter((file) => /zebras|Some text/.test(file))).toEqual([]);
    },
  });
  expect(deaths).toBeGreaterThan(5);
});
