#!/usr/bin/env node
import path from "node:path";
import { errorCode } from "../core/runtime/errors";
import { nodeFileSystem } from "../core/storage/file-system";
import { checkRecords } from "./check-records";
import { checkSessions } from "./check-sessions";
import { Findings } from "./findings";
import { giveToOwner } from "./give-to-owner";

const HELP = `Checks the data of Keepsake while no process of it runs, for example a restored backup.

  check-data DIRECTORY            checks DIRECTORY/records and DIRECTORY/sessions
  check-data --repair DIRECTORY   also repairs what is wrong

Deletes nothing: what can't be used is moved to the folder lost+found beside the data.
Exit status: 0 if nothing is wrong, or all is repaired; 1 if something is; 2 if it can't check.
`;

const checks = { records: checkRecords, sessions: checkSessions } as const;

async function main(args: string[]): Promise<number> {
  const isRepair = args.includes("--repair");
  const [directory, ...rest] = args.filter((arg) => arg !== "--repair");
  if (!directory || directory.startsWith("-") || rest.length > 0) {
    process.stderr.write(HELP);
    return directory === "--help" ? 0 : 2;
  }
  const present = await nodeFileSystem.readdir(directory);
  const parts = (["records", "sessions"] as const).filter((part) =>
    present.includes(part),
  );
  if (parts.length === 0) {
    throw new Error(
      `${JSON.stringify(directory)} has neither "records" nor "sessions". Name the folder that contains them.`,
    );
  }
  let left = 0;
  for (const part of parts) {
    const inside = path.resolve(directory, part);
    const findings = new Findings(nodeFileSystem, inside, isRepair);
    await checks[part](findings);
    if (isRepair && process.getuid?.() === 0) await giveToOwner(inside);
    left += print(part, findings);
  }
  return left === 0 ? 0 : 1;
}

/** @returns The number of problems that are left. */
function print(part: string, { all, checked }: Findings): number {
  for (const { path: file, problem, action } of all) {
    process.stdout.write(`${part}/${file} ${problem}. ${action}\n`);
  }
  const counts = [...checked].map(([kind, count]) => `${count} ${kind}`);
  const left = all.filter(({ isRepaired }) => !isRepaired).length;
  process.stdout.write(
    `${part}: checked ${counts.join(", ") || "nothing"}; ${all.length} problems, ${left} left.\n`,
  );
  return left;
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const code = errorCode(error);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${code ? `${message} (${code})` : message}\n`);
    process.exitCode = 2;
  }
}

void run();
