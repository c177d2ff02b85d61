import { writeFileSync } from "node:fs";
import path from "node:path";
import { survive } from "./survive";

/*
 * Run by scripts/stress-replies; survival.test.ts is a short form. The defaults are chosen so that two
 * cores can run five processes and 200 watchers.
 */

const { env } = process;
const number = (name: string, standard: number) =>
  Number(env[name] ?? standard);
const mounts = [env["NFS_A"], env["NFS_B"]].filter(
  (mount) => mount !== undefined,
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
    preload: env["SURVIVAL_BROKEN"]
      ? [path.join(__dirname, "broken-claims.js")]
      : [],
    onProgress: (progress) => console.error(progress),
  });
  const { injections, faults, ...figures } = outcome;
  const log = env["SURVIVAL_LOG"];
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
