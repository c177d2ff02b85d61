import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Removes a folder, even if a process still creates files in it. */
export const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 10 });

/** Creates a folder for each test of a file; all are removed after the last test. */
export function temporaryFolders(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    for (const folder of made) await removeFolder(folder);
  });
  return async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "keepsake-"));
    made.push(folder);
    return folder;
  };
}
