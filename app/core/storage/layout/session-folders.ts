import path from "node:path";
import { folderOf } from "./hashes";

/** The layout of `SESSION_DIRECTORY`. */
export interface SessionFolders {
  /** A versioned document. */
  session(sessionHash: string): string;
  /** Lists a signed-in owner's sessions: an empty file named by the hash of each. */
  owner(ownerHash: string): string;
  /** The parent of all owners' folders. */
  readonly owners: string;
}

export function sessionFoldersIn(sessionDirectory: string): SessionFolders {
  const owners = path.join(sessionDirectory, "owners");
  return {
    session: (hash) => folderOf(sessionDirectory, hash),
    owner: (hash) => folderOf(owners, hash),
    owners,
  };
}
