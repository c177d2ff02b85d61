import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { PreflightConfig } from "../../core/config/config";
import type { Outcome } from "../check";
import { skipped } from "../check";

export function directoriesOf({
  SESSION_DIRECTORY,
  DATA_DIRECTORY,
}: PreflightConfig): { setting: string; directory: string }[] {
  return Object.entries({ SESSION_DIRECTORY, DATA_DIRECTORY }).flatMap(
    ([setting, directory]) => (directory ? [{ setting, directory }] : []),
  );
}

/**
 * Checks each directory, or skips if there is none.
 *
 * @param isConcurrent For checks that wait and measure no time.
 */
export async function inEachDirectory(
  config: PreflightConfig,
  check: (setting: string, directory: string) => Promise<Outcome>,
  isConcurrent = false,
): Promise<Outcome[]> {
  const directories = directoriesOf(config);
  if (directories.length === 0) {
    return [
      skipped(
        "No directory is mounted. Run scripts/preflight in the cluster, or set SESSION_DIRECTORY and DATA_DIRECTORY.",
      ),
    ];
  }
  if (isConcurrent) {
    return Promise.all(
      directories.map(({ setting, directory }) => check(setting, directory)),
    );
  }
  const outcomes: Outcome[] = [];
  for (const { setting, directory } of directories) {
    outcomes.push(await check(setting, directory));
  }
  return outcomes;
}

/** Runs `use` with a temporary folder in `directory`. */
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
