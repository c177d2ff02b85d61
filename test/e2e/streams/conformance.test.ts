import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { startRoundRobin, type RoundRobin } from "../../support/round-robin";
import { once } from "../../support/wait-for";

/**
 * Features that Keepsake does not have. Replies cannot be forked, and expire with their
 * conversation. No page of another origin calls the API, so there is no CORS preflight.
 */
const LEFT_OUT = [
  "Fork - ",
  "TTL and Expiry",
  "TTL Expiration Behavior",
  "should return TTL metadata",
  "should return Expires-At metadata",
  "should allow If-None-Match in CORS preflight",
];

const root = path.join(__dirname, "../../..");
let directory: string;
let processes: ChildProcess[];
let proxy: RoundRobin;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "conformance-"));
  processes = Array.from({ length: 3 }, () =>
    spawn(
      process.execPath,
      [
        "-r",
        path.join(root, "test/support/typescript.js"),
        path.join(__dirname, "log-server.ts"),
        directory,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    ),
  );
  proxy = await startRoundRobin(await Promise.all(processes.map(addressOf)));
});

afterAll(async () => {
  await proxy.close();
  for (const child of processes) {
    const isRunning = child.exitCode === null && child.signalCode === null;
    if (isRunning && child.kill("SIGKILL")) await once(child, "exit");
  }
  await rm(directory, { recursive: true, force: true });
});

async function addressOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("no output");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("a process ended before it listened");
}

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string() }),
      ),
    }),
  ),
});

it("three processes behind a round robin conform to the Durable Streams protocol", async () => {
  const file = path.join(directory, "report.json");
  const leftOut = `^(?!.*(${LEFT_OUT.join("|")}))`;
  const vitest = spawn(
    process.execPath,
    [
      path.join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--root",
      __dirname,
      "--config",
      path.join(__dirname, "vitest.config.mjs"),
      "--reporter=json",
      `--outputFile=${file}`,
      "--testNamePattern",
      leftOut,
    ],
    {
      env: {
        ...process.env,
        CONFORMANCE_TEST_URL: proxy.url,
        VITEST: undefined,
      },
      stdio: "ignore",
    },
  );
  processes.push(vitest);
  await once(vitest, "exit");
  const report = Report.parse(JSON.parse(await readFile(file, "utf8")));
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "failed");
  expect(failed.map(({ fullName }) => fullName)).toEqual([]);
  expect(report.numPassedTests).toBeGreaterThan(200);
}, 900_000);
