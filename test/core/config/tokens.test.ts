import { closeSync, constants, openSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  isKnown,
  readOriginSecrets,
  readTokens,
} from "../../../app/core/config/tokens";
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

const never = (error: unknown) => {
  throw error;
};

describe("the secrets of the origin", () => {
  it("are not required without a setting and a file", async () => {
    const config = { SECRETS_DIRECTORY: await temporaryFolder() };
    expect(await readOriginSecrets(config, never)).toBeUndefined();
  });

  it("are those of the setting", async () => {
    const config = {
      ORIGIN_SECRET: ["from the setting"],
      SECRETS_DIRECTORY: await temporaryFolder(),
    };
    const secrets = await readOriginSecrets(config, never);
    expect(await secrets!.current()).toEqual(["from the setting"]);
  });

  it("are reread from their file, so that they are rotated without a restart", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "ORIGIN_SECRET");
    const older = "0123456789abcdef".repeat(2);
    const newer = "fedcba9876543210".repeat(2);
    await writeFile(file, older, { mode: 0o600 });
    const secrets = await readOriginSecrets(
      { SECRETS_DIRECTORY: folder },
      never,
    );
    expect(await secrets!.current()).toEqual([older]);
    await writeFile(file, `${newer},${older}\n`);
    await waitFor(async () => (await secrets!.renewed()).length === 2);
    expect(await secrets!.current()).toEqual([newer, older]);
    expect(await isKnown(secrets!, older)).toBe(true);
  });

  it("prevent the start when their file is empty", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "ORIGIN_SECRET");
    await writeFile(file, "", { mode: 0o600 });
    await expect(
      readOriginSecrets({ SECRETS_DIRECTORY: folder }, never),
    ).rejects.toThrow("ORIGIN_SECRET holds no secret");
  });
});
