import { link, mkdir, open, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "../../core/runtime/errors";

/** Makes `name`, or fails with EEXIST if someone else did. */
export type Claim = (
  folder: string,
  name: string,
  who: string,
) => Promise<void>;

/** The three ways in which Keepsake takes a name that must have one owner. */
export const claims: Record<"link" | "exclusive creation" | "mkdir", Claim> = {
  link: async (folder, name, who) => {
    const temporary = path.join(folder, `${name}.${who}.tmp`);
    await writeFile(temporary, who);
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
 * Tries to take a name.
 *
 * @returns Whether it was taken; `false` if someone else has it.
 * @throws Whatever else the file system says: it may not know this operation.
 */
export async function wins(
  claim: Claim,
  folder: string,
  name: string,
  who: string,
): Promise<boolean> {
  try {
    await claim(folder, name, who);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}
