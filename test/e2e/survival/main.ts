import { writeFileSync } from "node:fs";
import path from "node:path";
import { survive } from "./survive";

/*
 * The long form, for a person to run and read (the short one is survival.test.ts):
 *
 *   npm run build && node -r ./test/support/typescript.js test/e2e/survival/main.ts
 *
 * SURVIVAL_SEED, SURVIVAL_SECONDS, SURVIVAL_CONVERSATIONS, SURVIVAL_LEASE, SURVIVAL_EVERY_MS;
 * NFS_A and NFS_B: two mounts of one directory; SURVIVAL_BROKEN=1: backends that don't claim
 * exclusively, which must be noticed; SURVIVAL_LOG: where to keep what was done to whom.
 */

const given = process.env;
const number = (name: string, otherwise: number) =>
  Number(given[name] ?? otherwise);
const mounts = [given["NFS_A"], given["NFS_B"]].filter(
  (one) => one !== undefined,
);

async function main(): Promise<void> {
  const seed = number("SURVIVAL_SEED", 1);
  const outcome = await survive({
    seed,
    ms: 1_000 * number("SURVIVAL_SECONDS", 120),
    everyMs: number("SURVIVAL_EVERY_MS", 1_000),
    conversations: number("SURVIVAL_CONVERSATIONS", 100),
    words: number("SURVIVAL_WORDS", 150),
    wordMs: number("SURVIVAL_WORD_MS", 60),
    leaseSeconds: number("SURVIVAL_LEASE", 2),
    drainSeconds: number("SURVIVAL_DRAIN", 3),
    mounts: mounts.length > 0 ? mounts : undefined,
    preload: given["SURVIVAL_BROKEN"]
      ? [path.join(__dirname, "brokenClaims.js")]
      : [],
  });
  const { blows, faults, ...figures } = outcome;
  const log = given["SURVIVAL_LOG"];
  if (log) writeFileSync(log, `${JSON.stringify({ seed, blows }, null, 1)}\n`);
  console.log(
    JSON.stringify({ seed, blows: blows.length, ...figures }, null, 2),
  );
  console.log(`${faults.length} faults\n${faults.slice(0, 20).join("\n")}`);
  // Connections that nobody waits for any more would keep the process.
  process.exit(faults.length > 0 ? 1 : 0);
}

void main();
