import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { freePorts } from "../../scripts/support/freePorts";
import { copyRepository, StartScript } from "../support/startScript";
import { waitFor } from "../support/waitFor";

const copies: { remove(): void }[] = [];
const started: StartScript[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((script) => script.interrupt()));
  for (const copy of copies.splice(0)) copy.remove();
});

function copied(): string {
  const copy = copyRepository({ isBuilt: true });
  copies.push(copy);
  return copy.folder;
}

async function start(folder: string, env: Record<string, string> = {}) {
  const [port, metricsPort] = await freePorts(2);
  const script = new StartScript(folder, {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    ...env,
  });
  started.push(script);
  return script;
}

const page = async (address: string) => (await fetch(address)).text();

it("keeps its state in ./data, and ends both processes on Ctrl-C", async () => {
  const folder = copied();
  const script = await start(folder);
  const address = await script.ready();
  expect(await page(address)).toContain("Keepsake");
  expect(existsSync(path.join(folder, "data/sessions"))).toBe(true);

  expect(await script.interrupt()).toBe(0);
  await expect(fetch(address)).rejects.toThrow("fetch failed");
  expect(processesOf(folder)).toEqual([]);
});

it("sweeps what nobody needs, as the cluster's jobs do", async () => {
  const folder = copied();
  const leftovers = ["sessions/0a", "records/in-progress"].map((parent) => {
    const file = path.join(folder, "data", parent, `${"0a".repeat(12)}.tmp`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "what a crash left behind");
    utimesSync(file, 0, 0);
    return file;
  });
  const script = await start(folder);
  await script.ready();
  await until(async () => !leftovers.some(existsSync));
  expect(script.printed).not.toContain("sweep");
});

it("runs beside another copy, each with its own state", async () => {
  const folders = [copied(), copied()];
  const scripts = await Promise.all(folders.map((folder) => start(folder)));
  const addresses = await Promise.all(scripts.map((script) => script.ready()));
  expect(new Set(addresses).size).toBe(2);
  for (const address of addresses)
    expect(await page(address)).toContain("Keepsake");
});

it("says which port is in use and what to do", async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, () => resolve((other.address() as { port: number }).port)),
  );
  const script = await start(copied(), { PORT: String(port) });
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toContain(
    `PORT ${port} is in use by another process. Stop that one, or set PORT to a free port.`,
  );
  other.close();
});

it.each(["SESSION_DIRECTORY", "DATA_DIRECTORY"])(
  "says that %s can't be written and what to do",
  async (setting) => {
    const folder = copied();
    const file = path.join(folder, "a-file");
    writeFileSync(file, "");
    const script = await start(folder, {
      [setting]: path.join(file, "x"),
      // Or it would be beside that, and at fault as well.
      SECRETS_DIRECTORY: path.join(folder, "secrets"),
    });
    expect(await script.exitCode()).toBe(1);
    expect(script.printed).toMatch(
      new RegExp(`${setting} .*(ENOTDIR|EEXIST).*(Mount|[Ss]et)`),
    );
  },
);

it("names every bad setting at once", async () => {
  const script = await start(copied(), {
    ELIZA_DELAY_MS: "soon",
    LEASE_SECONDS: "-1",
  });
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toContain('ELIZA_DELAY_MS "soon" must be');
  expect(script.printed).toContain('LEASE_SECONDS "-1" must be');
});

it.each(["web", "backend"])("brings %s back when it dies", async (role) => {
  const folder = copied();
  const script = await start(folder);
  const address = await script.ready();
  const [victim] = processesOf(folder, role);
  process.kill(Number(victim), "SIGKILL");
  await script.prints(new RegExp(`${role} ended .SIGKILL.; starting it again`));
  await until(async () => (await fetch(`${address}/readyz`)).ok);
  expect(processesOf(folder, role)).not.toContain(victim);
});

/** The ids of the processes that run the code of this copy. */
function processesOf(folder: string, role = ""): string[] {
  const rows = execFileSync("ps", ["-A", "-ww", "-o", "pid=,args="], {
    encoding: "utf8",
  });
  return rows
    .split("\n")
    .filter((row) => row.includes(`${folder}/build/app/${role}`))
    .map((row) => row.trim().split(/\s+/)[0] ?? "");
}

const until = (condition: () => Promise<boolean>) =>
  waitFor(() => condition().catch(() => false));
