import { errorCode } from "../../core/runtime/errors";
import { type Check, failure, ok, type Outcome } from "../check";
import { inEachDirectory, inScratchFolder } from "../storage/directories";
import { type Claim, claims, wins } from "../storage/races";

const ROUNDS = 20;
const CONTENDERS = 8;

/** Has a name that many want at once exactly one winner. */
export const exclusiveNames: Check = {
  name: "exclusive-names",
  why: "Every message, session version and reply has one writer because a file system lets one of many make a name. One that lets two lose data without a word.",
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
        "Use a POSIX file system: EFS, NFSv4.1, or a local disk. Object stores and SMB shares mounted as folders don't do.",
      );
    }
  }
  return ok(
    `${setting}: of ${CONTENDERS} that wanted a name at once, one got it, ${ROUNDS} times by ${Object.keys(claims).join(", ")}.`,
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
      const tries = Array.from({ length: CONTENDERS }, (_, who) =>
        wins(claim, folder, name, String(who)),
      );
      const winners = (await Promise.all(tries)).filter(Boolean).length;
      if (winners !== 1) return `${way} had ${winners} winners of one name.`;
    }
    return undefined;
  } catch (error) {
    return `${way} does not work (${errorCode(error) ?? String(error)}).`;
  }
}

const unwritable = (setting: string) => (error: unknown) =>
  failure(
    `${setting} can't be written to (${errorCode(error) ?? String(error)}).`,
    "See what the check permissions says.",
  );
