import path from "node:path";
import { isHash, isShard } from "../core/storage/layout/hashes";
import { LOST_AND_FOUND } from "../core/storage/layout/record-folders";
import { sessionFoldersIn } from "../core/storage/layout/session-folders";
import { hashesIn } from "./check-records";
import { checkDocument, knownNames } from "./check-structures";
import type { Findings } from "./findings";

/** Checks a `SESSION_DIRECTORY`. */
export async function checkSessions(findings: Findings): Promise<void> {
  const { directory } = findings;
  const folders = sessionFoldersIn(directory);
  const top = await knownNames(
    findings,
    directory,
    (name) => isShard(name) || name === "owners" || name === LOST_AND_FOUND,
  );
  for (const shard of top.filter(isShard)) {
    const inside = path.join(directory, shard);
    for (const hash of await knownNames(findings, inside, isHash)) {
      const folder = path.join(inside, hash);
      const version = await checkDocument(findings, folder);
      if (!version) await findings.move(folder, "has no readable version");
    }
  }
  if (!top.includes("owners")) return;
  for await (const hash of hashesIn(findings, folders.owners)) {
    await knownNames(findings, folders.owner(hash), isHash);
  }
}
