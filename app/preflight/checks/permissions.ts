import { access, constants, open } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "../../core/runtime/errors";
import { type Check, failure, ok, type Outcome, warning } from "../check";
import { inEachDirectory, inScratchFolder } from "../storage/directories";

/** May it write where it must, and nowhere else. */
export const permissions: Check = {
  name: "permissions",
  why: "A process that can't write loses what people say; one that is root, or can change its own program, is a way in for attackers.",
  run: async ({ config }) => [
    user(),
    await ownProgram(),
    ...(await inEachDirectory(config, writable)),
  ],
};

function user(): Outcome {
  const id = process.getuid?.();
  if (id !== 0) return ok(`Runs as user ${id ?? "(none here)"}.`);
  return failure(
    "Runs as root.",
    "Set runAsNonRoot: true and runAsUser: 1000, as the manifests do.",
  );
}

async function ownProgram(): Promise<Outcome> {
  try {
    await access(path.join(__dirname, ".."), constants.W_OK);
  } catch {
    return ok("Its own program is read-only.");
  }
  return warning(
    "Its own program is writable.",
    "In a cluster, set readOnlyRootFilesystem: true. On a developer's machine this is as it should be.",
  );
}

async function writable(setting: string, directory: string): Promise<Outcome> {
  const shown = `${setting} ${JSON.stringify(directory)}`;
  try {
    await inScratchFolder(directory, async (folder) => {
      const file = await open(path.join(folder, "written"), "wx");
      try {
        await file.writeFile("preflight\n");
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return ok(`${shown} can be written to.`);
  } catch (error) {
    return failure(
      `${shown} can't be written to (${errorCode(error) ?? String(error)}).`,
      advice(errorCode(error)),
    );
  }
}

function advice(code: string | undefined): string {
  const known: Record<string, string> = {
    EACCES: `Give the directory to user ${process.getuid?.()}: on EFS by the access point's POSIX user and root directory (uid and gid 1000), on a host path with chown 1000:1000.`,
    EPERM:
      "The file system's policy refuses: allow elasticfilesystem:ClientWrite to the pods' role, or look at the volume's mount options.",
    EROFS:
      "It is mounted read-only: remove readOnly from the volume and its mount.",
    ENOSPC: "It is full: make room, or raise the volume's or the quota's size.",
    EDQUOT: "The quota is used up: raise it.",
    ENOENT: "Mount a volume there, or set another path.",
  };
  return (
    known[code ?? ""] ?? "Mount a volume there that this user may write to."
  );
}
