import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { freePorts } from "../../scripts/local/free-ports";
import { HttpVisitor } from "../support/http-visitor";
import { startBackend, TOKEN } from "../support/start-backend";
import { copyRepository, StartScript } from "../support/start-script";
import { expectEventually, waitFor } from "../support/wait-for";

let copy: ReturnType<typeof copyRepository>;
let folder: string;
const started: StartScript[] = [];

beforeAll(() => {
  copy = copyRepository({ isBuilt: true });
  folder = copy.folder;
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((script) => script.interrupt()));
  rmSync(path.join(folder, "data"), { recursive: true, force: true });
});

afterAll(() => copy.remove());

async function start(env: Record<string, string> = {}, where = folder) {
  const [port, metricsPort] = await freePorts(2);
  const script = new StartScript(where, {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    ...env,
  });
  started.push(script);
  return script;
}

/** Another address of this machine than the one that it listens on by default. */
const OTHER_ADDRESS = "127.0.0.2";

const answersAt = (address: string) =>
  fetch(address).then(
    () => true,
    () => false,
  );

it("listens on one loopback address", async () => {
  const [port, metricsPort] = (await freePorts(2)).map(String);
  const script = await start({ PORT: port!, METRICS_PORT: metricsPort! });
  await script.ready();
  const backendPort = await script.prints(
    /"role":"backend".*"port":(\d+).*"listening"/,
  );
  for (const each of [port, metricsPort, backendPort]) {
    expect(await answersAt(`http://127.0.0.1:${each}/`)).toBe(true);
    expect(await answersAt(`http://${OTHER_ADDRESS}:${each}/`)).toBe(false);
  }
});

it("lets other machines reach web, not the backend, with LISTEN_ADDRESS", async () => {
  const script = await start({ LISTEN_ADDRESS: "::", ALLOWED_HOSTS: "*" });
  const { port } = new URL(await script.ready());
  const backendPort = await script.prints(
    /"role":"backend".*"port":(\d+).*"listening"/,
  );
  expect(await page(`http://${OTHER_ADDRESS}:${port}/`)).toContain("Keepsake");
  expect(await answersAt(`http://${OTHER_ADDRESS}:${backendPort}/`)).toBe(
    false,
  );
});

it("prints its address with BASE_PATH, and serves pages there", async () => {
  const script = await start({ BASE_PATH: "/chat/" });
  const address = await script.ready();
  expect(new URL(address).pathname).toBe("/chat/");
  expect(await page(address)).toContain('action="/chat/conversations"');
});

it("refuses to start with a LISTEN_ADDRESS of another machine", async () => {
  const script = await start({ LISTEN_ADDRESS: "192.0.2.1" });
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toMatch(
    /^LISTEN_ADDRESS 192\.0\.2\.1 is no address of this machine/m,
  );
});

const page = async (address: string) => (await fetch(address)).text();

it("keeps its state in ./data, and ends both processes on Ctrl-C", async () => {
  const script = await start();
  const address = await script.ready();
  expect(await page(address)).toContain("Keepsake");
  expect(existsSync(path.join(folder, "data/sessions"))).toBe(true);

  expect(await script.interrupt()).toBe(0);
  await expect(fetch(address)).rejects.toThrow("fetch failed");
  expect(processesOf()).toEqual([]);
});

it("removes expired data, as the cluster's jobs do", async () => {
  const leftovers = ["sessions/0a", "records/in-progress"].map((parent) => {
    const file = path.join(folder, "data", parent, `${"0a".repeat(12)}.tmp`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "what a crash left behind");
    utimesSync(file, 0, 0);
    return file;
  });
  const script = await start();
  await script.ready();
  await until(async () => !leftovers.some(existsSync));
  expect(script.printed).not.toMatch(/"level":"(warn|error|fatal)"/);
});

it("runs beside another copy, each with its own state", async () => {
  const other = copyRepository({ isBuilt: true });
  try {
    const scripts = [await start(), await start({}, other.folder)];
    const addresses = await Promise.all(scripts.map((each) => each.ready()));
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses)
      expect(await page(address)).toContain("Keepsake");
    expect(existsSync(path.join(other.folder, "data/sessions"))).toBe(true);
    await scripts[1]?.interrupt();
  } finally {
    other.remove();
  }
});

/** Resolves with the port of a server with this response to every request, or none. */
async function occupy(answer?: number) {
  const server = createServer((_, response) => {
    if (answer) response.writeHead(answer).end("ready");
  });
  const [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => server.listen(port, resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port, close };
}

it.each([undefined, 200, 404])(
  "names the port in use and the remedy, if its owner answers %s",
  async (answer) => {
    const owner = await occupy(answer);
    const script = await start({ PORT: String(owner.port) });
    expect(await script.exitCode()).toBe(1);
    expect(script.printed).toContain(
      `PORT ${owner.port} is in use by another process. Stop that one, or set PORT to a free port.`,
    );
    expect(script.printed).not.toContain("ready at");
    expect(script.printed).not.toContain("starting it again");
    owner.close();
  },
);

it("takes any free port for 0, and keeps it", async () => {
  const script = await start({ PORT: "0", METRICS_PORT: "0" });
  const address = await script.ready();
  expect(await page(address)).toContain("Keepsake");
  process.kill(Number(processesOf("web")[0]), "SIGKILL");
  await script.prints(/web ended/);
  await until(async () => (await fetch(`${address}/readyz`)).ok);
});

it("runs web alone with a backend elsewhere", async () => {
  const backend = await startBackend();
  const script = await start({
    BACKEND_URL: backend.url,
    INTERNAL_TOKEN: TOKEN,
  });
  const visitor = new HttpVisitor(await script.ready());
  expect(await visitor.read(await visitor.begin("Hello there"))).toContain(
    "Hello there",
  );
  expect(script.printed).toContain(`its backend is ${backend.url}`);
  expect(processesOf("backend")).toEqual([]);
  await backend.stop();
});

it("logs JSON lines from LOG_LEVEL's default up, and prints its data directory", async () => {
  const records = path.join(folder, "data/elsewhere/records");
  const script = await start({ DATA_DIRECTORY: records });
  await script.prints(/^\{"level":"info".*"listening"\}$/m);
  const state = `./data/sessions, ${records}, ${path.dirname(records)}/secrets`;
  await script.ready();
  expect(script.printed).toContain(`its state is in ${state})`);
  expect(existsSync(path.join(records, "../secrets/SESSION_KEYS"))).toBe(true);
  expect(existsSync(path.join(folder, "data/secrets"))).toBe(false);
});

it.each(["SESSION_DIRECTORY", "DATA_DIRECTORY"])(
  "prints that %s is not writable, and the remedy",
  async (setting) => {
    const file = path.join(folder, "data/a-file");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
    const script = await start({ [setting]: path.join(file, "x") });
    expect(await script.exitCode()).toBe(1);
    expect(script.printed).toMatch(
      new RegExp(`${setting} .*(ENOTDIR|EEXIST).*(Mount|[Ss]et)`),
    );
  },
);

it("names every directory that is not writable", async () => {
  mkdirSync(path.join(folder, "data"), { recursive: true });
  const file = path.join(folder, "data/a-file");
  writeFileSync(file, "");
  const script = await start({
    SESSION_DIRECTORY: path.join(file, "x"),
    DATA_DIRECTORY: path.join(file, "y"),
  });
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toMatch(/^SESSION_DIRECTORY /m);
  expect(script.printed).toMatch(/^DATA_DIRECTORY /m);
  expect(script.printed).not.toContain("SECRETS_DIRECTORY");
});

it("names every bad setting of any process, once", async () => {
  const script = await start({
    LOG_LEVEL: "loud",
    SESSION_IDLE_SECONDS: "1",
    LEASE_SECONDS: "-1",
    MODEL_PROVIDER: "openai",
    SWEEP_FOLDERS_PER_SECOND: "0",
  });
  expect(await script.exitCode()).toBe(1);
  const lines = script.printed.split("\n").filter((line) => line !== "");
  expect(lines.map((line) => line.split(" ", 2).join(" ")).toSorted()).toEqual([
    'LEASE_SECONDS "-1"',
    'LOG_LEVEL "loud"',
    "OPENAI_BASE_URL must",
    'SESSION_IDLE_SECONDS "1"',
    'SWEEP_FOLDERS_PER_SECOND "0"',
  ]);
});

it("prints no warning of Node or of a library", async () => {
  const script = await start({
    MODEL_PROVIDER: "bedrock",
    AWS_REGION: "us-east-1",
    MODELS: "bedrock/amazon.nova-lite-v1:0",
  });
  await script.ready();
  expect(script.printed).not.toMatch(/Warning|EBADENGINE|npm warn/);
});

it("refuses to start without a region for Bedrock", async () => {
  const script = await start({
    MODEL_PROVIDER: "bedrock",
    AWS_REGION: "",
    AWS_PROFILE: "",
    AWS_CONFIG_FILE: path.join(folder, "data/nowhere"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, "data/nowhere"),
  });
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toMatch(/^AWS_REGION must be set/m);
});

it.each(["web", "backend"])("restarts %s when it dies", async (role) => {
  const script = await start();
  const address = await script.ready();
  const [victim] = processesOf(role);
  process.kill(Number(victim), "SIGKILL");
  await script.prints(new RegExp(`${role} ended .SIGKILL.; starting it again`));
  await until(async () => (await fetch(`${address}/readyz`)).ok);
  expect(processesOf(role)).not.toContain(victim);
});

it("exits when one of them can't be restarted", async () => {
  const script = await start();
  await script.ready();
  renameSync(path.join(folder, "data"), path.join(folder, "elsewhere"));
  writeFileSync(path.join(folder, "data"), "no folder any more");
  process.kill(Number(processesOf("web")[0]), "SIGKILL");
  expect(await script.exitCode()).toBe(1);
  expect(script.printed).toMatch(
    /(SESSION|SECRETS)_DIRECTORY .*(ENOTDIR|EEXIST)/,
  );
  expect(processesOf()).toEqual([]);
});

it("leaves no process behind when it is killed itself", async () => {
  const script = await start();
  await script.ready();
  script.kill();
  await expectEventually(async () => expect(processesOf()).toEqual([]));
});

/** The ids of the processes that run the copy's code. */
function processesOf(role = ""): string[] {
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
