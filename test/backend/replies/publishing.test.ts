import { readdir } from "node:fs/promises";
import path from "node:path";
import { ModelError } from "../../../app/backend/models/model";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import { directory, ref, useDirectory, watchToEnd } from "./processes";
import { ANSWER, barrier, scriptedModels, words } from "./scripted-models";
import { expectEventually, waitFor } from "../../support/wait-for";

useDirectory();

/** The unfinished replies, as every process finds them. */
const listed = async () => {
  const names = await readdir(path.join(directory.folder, "in-progress"));
  return names.filter((name) => name.startsWith(ref.ownerHash));
};

it("keeps a reply in the active index until it is a message", async () => {
  const { records } = directory;
  jest
    .spyOn(records, "publishMessage")
    .mockRejectedValue(new Error("a full disk"));
  const process = directory.process(words.models);
  await process.start(ref);
  await watchToEnd(process);
  expect(records.messages).toEqual([]);
  expect(await listed()).toHaveLength(1);
});

it("publishes a reply that its writer could not publish", async () => {
  const { records } = directory;
  jest
    .spyOn(records, "publishMessage")
    .mockRejectedValueOnce(new Error("a full disk"));
  const process = directory.process(words.models);
  await process.start(ref);
  await watchToEnd(process);
  const log = records.folder(ref);
  const entries = await readdir(log);
  directory.process(words.models).startSupervision();
  await waitFor(async () => (await listed()).length === 0);
  expect(records.messages).toMatchObject([{ text: ANSWER }]);
  // The end is found, and nothing is written after it.
  expect(await readdir(log)).toEqual(entries);
});

it("lists a reply again that was retried before its failure left the active index", async () => {
  const { models: failing } = scriptedModels(() => [
    new ModelError("timed-out", "It said nothing.", "Look."),
  ]);
  const retried = barrier();
  let isRemoved = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    unlink: async (file) => {
      const isMarker = file.includes("in-progress");
      if (isMarker) await retried.held;
      await nodeFileSystem.unlink(file);
      isRemoved ||= isMarker;
    },
  };
  const failed = directory.process(failing, { fileSystem });
  await failed.start(ref);
  await waitFor(async () => (await failed.snapshot(ref))?.status === "failed");
  const { models } = scriptedModels(() => ["So ", () => new Promise(Boolean)]);
  await directory.process(models).retry(ref);
  retried.go();
  await waitFor(() => isRemoved);
  await expectEventually(async () => {
    expect(await listed()).toHaveLength(1);
  });
});
