import { errorCode } from "../../core/runtime/errors";
import { type Check, failure, ok, type Outcome } from "../check";
import { inEachDirectory, inScratchFolder } from "../storage/directories";
import { type Claim, claims, wins } from "../storage/races";

const ROUNDS = 20;
const CONTENDERS = 8;

/** Checks that the directories are writable and that exactly one of several processes can create a name. */
export const exclusiveNames: Check = {
  name: "exclusive-names",
  why: "Messages, session versions and replies have one writer because the file system lets only one process create a name. A file system that lets two succeed loses data silently.",
  run: ({ config }) =>
    inEachDirectory(config, (setting, directory) =>
      inScratchFolder(directory, (folder) => look(setting, folder)).catch(
        unwritable(setting),
      ),
    ),
};

async function look(setting: string, folder: string): Promise<Outcome> {
  for (const [way, claim] of Object.entries(claims)) {
    const fault = await raceAll(way, claim, folder);
    if (fault) {
      return failure(
        `${setting}: ${fault}`,
        "Use a POSIX file system: EFS, NFSv4.1 or a local disk. Object stores and SMB shares are unsuitable.",
      );
    }
  }
  return ok(
    `${setting}: exactly one of ${CONTENDERS} concurrent attempts created a name, in ${ROUNDS} rounds each of ${Object.keys(claims).join(", ")}.`,
  );
}

async function raceAll(
  way: string,
  claim: Claim,
  folder: string,
): Promise<string | undefined> {
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `${way.replace(" ", "-")}-${round}`;
      const tries = Array.from({ length: CONTENDERS }, (_, contender) =>
        wins(claim, folder, name, String(contender)),
      );
      const winners = (await Promise.all(tries)).filter(Boolean).length;
      if (winners !== 1)
        return `${way} succeeded ${winners} times for one name.`;
    }
    return undefined;
  } catch (error) {
    return `${way} does not work (${errorCode(error) ?? String(error)}).`;
  }
}

const unwritable = (setting: string) => (error: unknown) => {
  const code = errorCode(error);
  return failure(
    `${setting} is not writable (${code ?? String(error)}).`,
    remedies[code ?? ""] ?? "Mount a volume there that this user may write to.",
  );
};

const remedies: Record<string, string> = {
  EACCES: `Give the directory to user ${process.getuid?.()}: on EFS with the access point's POSIX user and root directory (uid and gid 1000), on a host path with chown 1000:1000.`,
  EPERM:
    "Allow elasticfilesystem:ClientWrite to the pods' role in the file system policy, and check the volume's mount options.",
  EROFS: "Remove readOnly from the volume and its mount.",
  ENOSPC: "Free some space, or raise the size of the volume or the quota.",
  EDQUOT: "Raise the quota.",
  ENOENT: "Mount a volume there, or set another path.",
};
