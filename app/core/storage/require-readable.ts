import { errorCode } from "../runtime/errors";
import type { FileSystem } from "./file-system";

/**
 * Whether a directory of state can be used now: for readiness.
 *
 * @param setting The name of the setting that the directory came from, for the message.
 * @throws Error saying what is wrong and what to do; in bounded time if the file system is bounded.
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
        "Look whether its volume is mounted and answers.",
      { cause: error },
    );
  }
}
