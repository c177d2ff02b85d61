import { link, mkdir, open, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "../../core/runtime/errors";

/** Creates `name`, or fails with EEXIST. */
export type Claim = (
  folder: string,
  name: string,
  contender: string,
) => Promise<void>;

/** The three operations by which Keepsake creates a name exclusively. */
export const claims: Record<"link" | "exclusive creation" | "mkdir", Claim> = {
  link: async (folder, name, contender) => {
    const temporary = path.join(folder, `${name}.${contender}.tmp`);
    await writeFile(temporary, contender);
    try {
      await link(temporary, path.join(folder, name));
    } finally {
      await rm(temporary, { force: true });
    }
  },
  "exclusive creation": async (folder, name) => {
    await (await open(path.join(folder, name), "wx")).close();
  },
  mkdir: (folder, name) => mkdir(path.join(folder, name)),
};

/**
 * Tries to create a name.
 *
 * @returns False if it exists.
 * @throws Any other error: the file system may not support the operation.
 */
export async function wins(
  claim: Claim,
  folder: string,
  name: string,
  contender: string,
): Promise<boolean> {
  try {
    await claim(folder, name, contender);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}
