import { readdir } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../../support/temporary-folder";
import { killUnderLoad } from "../../../scripts/stress/sessions/killing";
import { stress } from "../../../scripts/stress/sessions/stress";

/*
 * A short form of scripts/stress-sessions. KILLS sets the number of killed processes.
 */

const temporaryFolder = temporaryFolders();
const kills = Number(process.env.KILLS ?? 8);

test("loses no write, and reads no stale, torn or deleted session, with eight processes", async () => {
  const directory = await temporaryFolder();
  const report = await stress({
    kind: "file",
    directories: Array.from({ length: 8 }, () => directory),
    increments: 20,
    tokens: 16,
    logouts: 4,
  });
  expect(report).toEqual({
    acknowledged: 160,
    lost: 0,
    missing: 0,
    stale: 0,
    torn: 0,
    logouts: 4,
    resurrected: 0,
    failed: 0,
  });
});

test("detects the faults of a store that replaces files by renaming", async () => {
  const directory = await temporaryFolder();
  const found = { lost: 0, resurrected: 0 };
  // On a busy machine the processes may run serially, and cause no fault.
  for (let runs = 0; runs < 50; runs++) {
    if (found.lost > 0 && found.resurrected > 0) break;
    const report = await stress({
      kind: "rename",
      directories: [directory, directory, directory],
      increments: 20,
      tokens: 3,
      logouts: 2,
    });
    found.lost += report.lost;
    found.resurrected += report.resurrected;
  }
  expect(found.lost).toBeGreaterThan(0);
  expect(found.resurrected).toBeGreaterThan(0);
});

test(
  "loses no acknowledged write when processes are killed at random moments",
  async () => {
    const directory = await temporaryFolder();
    const report = await killUnderLoad(directory, kills);
    expect(report).toMatchObject({ lost: 0, invented: 0, damaged: 0 });
    expect(report.kills).toBeGreaterThanOrEqual(kills);
    expect(report.acknowledged).toBeGreaterThan(kills);
    // Temporary files of killed processes are left to a sweep.
    const names = await readdir(directory, { recursive: true });
    const leftovers = names.filter((name) => path.extname(name) === ".tmp");
    expect(leftovers.length).toBeLessThanOrEqual(report.kills * 4);
  },
  240_000 + kills * 5_000,
);
