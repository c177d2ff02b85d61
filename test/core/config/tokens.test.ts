import { closeSync, constants, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { readTokens } from "../../../app/core/config/tokens";
import { makeHangingFile } from "../../support/hanging-file";
import { temporaryFolders } from "../../support/temporary-folder";
import { waitFor } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();

/** Unblocks a hanging reader. @returns True if there was one. */
function releaseIfThere(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

test("serves the current tokens while another token file hangs", async () => {
  const folder = await temporaryFolder();
  const tokens = await readTokens(
    { SECRETS_DIRECTORY: folder },
    () => undefined,
  );
  const known = await tokens.current();
  const file = path.join(folder, "INTERNAL_TOKEN");
  await rm(file);
  makeHangingFile(file);
  // The file is read again only after an interval.
  const begun = performance.now();
  await waitFor(async () => {
    expect(await tokens.renewed()).toEqual(known);
    return performance.now() - begun > 1_000;
  });
  expect(await waitFor(async () => releaseIfThere(file))).toBe(true);
  expect(await tokens.renewed()).toEqual(known);
});
