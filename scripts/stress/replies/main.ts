import { writeFileSync } from "node:fs";
import path from "node:path";
import { survive } from "./survive";

/*
 * The long form, for a person to run and read: see scripts/stress-replies. The short one is
 * survival.test.ts. The numbers are such that two cores can run five processes and 200 watchers.
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
    words: number("SURVIVAL_WORDS", 100),
    wordMs: number("SURVIVAL_WORD_MS", 250),
    leaseSeconds: number("SURVIVAL_LEASE", 4),
    drainSeconds: number("SURVIVAL_DRAIN", 3),
    patienceMs: 1_000 * number("SURVIVAL_PATIENCE", 8),
    mounts: mounts.length > 0 ? mounts : undefined,
    preload: given["SURVIVAL_BROKEN"]
      ? [path.join(__dirname, "broken-claims.js")]
      : [],
    tell: (progress) => console.error(progress),
  });
  const { injections, faults, ...figures } = outcome;
  const log = given["SURVIVAL_LOG"];
  if (log)
    writeFileSync(log, `${JSON.stringify({ seed, injections }, null, 1)}\n`);
  console.log(
    JSON.stringify(
      { seed, injections: injections.length, ...figures },
      null,
      2,
    ),
  );
  console.log(`${faults.length} faults\n${faults.slice(0, 20).join("\n")}`);
  // Abandoned connections would keep the process alive.
  process.exit(faults.length > 0 ? 1 : 0);
}

void main();
