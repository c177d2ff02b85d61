import path from "node:path";
import { folderOf } from "./hashes";

/** Where everything lies in `SESSION_DIRECTORY`. */
export interface SessionFolders {
  /** A versioned document. */
  session(sessionHash: string): string;
  /** Lists the sessions of an owner that has a name, by an empty file named by each one's hash. */
  owner(ownerHash: string): string;
  /** Holds those of all owners. */
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
