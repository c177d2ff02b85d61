import { errorCode } from "../runtime/errors";
import type { FileSystem } from "./file-system";

/**
 * Checks, for readiness, that a directory of stored state is readable.
 *
 * @param setting The name of the directory's setting, for the error message.
 * @throws Error with a remedy; in bounded time if the file system is bounded.
 */
export async function requireReadable(
  fileSystem: FileSystem,
  setting: string,
  directory: string,
): Promise<void> {
  try {
    await fileSystem.readdir(directory);
  } catch (error) {
    throw new Error(
      `${setting} ${JSON.stringify(directory)} can't be read (${errorCode(error) ?? String(error)}). ` +
        "Check that its volume is mounted and responds.",
      { cause: error },
    );
  }
}
