import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { PreflightConfig } from "../../core/config/config";
import type { Outcome } from "../check";
import { skipped } from "../check";

/** The directories to look at, by the names of their settings. */
export function directoriesOf({
  SESSION_DIRECTORY,
  DATA_DIRECTORY,
}: PreflightConfig): { setting: string; directory: string }[] {
  return Object.entries({ SESSION_DIRECTORY, DATA_DIRECTORY }).flatMap(
    ([setting, directory]) => (directory ? [{ setting, directory }] : []),
  );
}

/**
 * Looks at each directory; says so if none was given.
 *
 * @param atOnce At all of them together: for a look that waits, and measures no time.
 */
export async function inEachDirectory(
  config: PreflightConfig,
  look: (setting: string, directory: string) => Promise<Outcome>,
  atOnce = false,
): Promise<Outcome[]> {
  const directories = directoriesOf(config);
  if (directories.length === 0) {
    return [
      skipped(
        "No directory is mounted here. Run this as a Job in the cluster (scripts/preflight), or set SESSION_DIRECTORY and DATA_DIRECTORY.",
      ),
    ];
  }
  if (atOnce) {
    return Promise.all(
      directories.map(({ setting, directory }) => look(setting, directory)),
    );
  }
  const outcomes: Outcome[] = [];
  for (const { setting, directory } of directories) {
    outcomes.push(await look(setting, directory));
  }
  return outcomes;
}

/** Gives `use` a folder of its own in `directory`, and removes it afterwards. */
export async function inScratchFolder<T>(
  directory: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const name = `preflight-${randomBytes(8).toString("hex")}`;
  const folder = path.join(directory, name);
  await mkdir(folder);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
