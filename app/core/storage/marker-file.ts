import { errorCode } from "../runtime/errors";
import type { FileSystem } from "./file-system";

/**
 * Creates an empty file whose name is all it says; an existing one stays. Not flushed, so a power
 * cut can lose it.
 */
export async function createMarker(
  fileSystem: FileSystem,
  file: string,
): Promise<void> {
  try {
    const handle = await fileSystem.open(file, "wx");
    await handle.close();
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Removes a marker; a missing one is no error. */
export async function removeMarker(
  fileSystem: FileSystem,
  file: string,
): Promise<void> {
  try {
    await fileSystem.unlink(file);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}
