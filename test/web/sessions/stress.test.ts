import { readdir } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../../support/temporary-folder";
import { killUnderLoad } from "../../../scripts/stress/sessions/killing";
import { stress } from "../../../scripts/stress/sessions/stress";

/*
 * A short form of scripts/stress-sessions. KILLS sets how many processes are killed (hundreds, to
 * be sure).
 */

const temporaryFolder = temporaryFolders();
const kills = Number(process.env.KILLS ?? 8);

test("eight processes lose nothing, read nothing old or torn, and end for good", async () => {
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

test("the same finds out a store that replaces files by renaming", async () => {
  const directory = await temporaryFolder();
  const found = { lost: 0, resurrected: 0 };
  // Processes that a busy machine runs one after another do each other no harm.
  while (found.lost === 0 || found.resurrected === 0) {
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
  "processes that are killed at any moment lose nothing that was acknowledged",
  async () => {
    const directory = await temporaryFolder();
    const report = await killUnderLoad(directory, kills);
    expect(report).toMatchObject({ lost: 0, invented: 0, damaged: 0 });
    expect(report.kills).toBeGreaterThanOrEqual(kills);
    expect(report.acknowledged).toBeGreaterThan(kills);
    // What they were at stays behind, for a sweep.
    const names = await readdir(directory, { recursive: true });
    const leftovers = names.filter((name) => path.extname(name) === ".tmp");
    expect(leftovers.length).toBeLessThanOrEqual(report.kills * 4);
  },
  240_000 + kills * 5_000,
);
