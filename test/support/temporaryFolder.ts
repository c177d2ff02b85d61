import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder of its own for each test of a file, removed after the last. */
export function temporaryFolders(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    for (const folder of made) await rm(folder, { recursive: true });
  });
  return async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "keepsake-"));
    made.push(folder);
    return folder;
  };
}
