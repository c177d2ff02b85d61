import { exec } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { HttpVisitor } from "../../../test/support/http-visitor";
import { startProcess } from "../../../test/support/processes";

/** Behaviour of web during an outage of its file system's server. Statuses are named with their expected value. */
export interface HangReport {
  /** Readiness: 200. */
  before: number;
  /** 503. */
  readyWhileGone: number;
  /** 200. */
  aliveWhileGone: number;
  /** 503. */
  pageWhileGone: number;
  /** Until readiness failed, and until the process was ready again. */
  failedAfterMs: number;
  backAfterMs: number;
  /** True if the visitor kept the session. */
  isSame: boolean;
  /** From SIGTERM to the exit of another process, during the outage. */
  endedAfterMs: number;
}

const TIMEOUT_SECONDS = 5;

/**
 * Stops the server of a network file system that two web processes use.
 *
 * @param stop A shell command that makes the file system hang; `start` ends that.
 */
export async function hang(
  mount: string,
  stop: string,
  start: string,
): Promise<HangReport> {
  const directory = path.join(mount, `hang-${Date.now()}`);
  await mkdir(directory, { recursive: true });
  // Secrets are elsewhere, as in a cluster.
  const secrets = await mkdtemp(path.join(tmpdir(), "keepsake-hang-"));
  const [web, other] = [
    await startWeb(directory, secrets),
    await startWeb(directory, secrets),
  ];
  const visitor = new HttpVisitor(web.address);
  const id = async () => /Session<\/dt><dd>(\w+)/.exec(await visitor.read("/"));
  const before = (await id())?.[1];
  const first = await statusOf(web.address, "/readyz");
  await promisify(exec)(stop);
  try {
    const failedAfterMs = await until(web.address, 503);
    const gone = {
      readyWhileGone: await statusOf(web.address, "/readyz"),
      aliveWhileGone: await statusOf(web.address, "/livez"),
      pageWhileGone: (await visitor.get("/")).status,
    };
    await until(other.address, 503);
    const killedAt = performance.now();
    other.child.kill("SIGTERM");
    await other.child.ended;
    const endedAfterMs = Math.round(performance.now() - killedAt);
    await promisify(exec)(start);
    const backAfterMs = await until(web.address, 200);
    const isSame = before !== undefined && (await id())?.[1] === before;
    const times = { failedAfterMs, backAfterMs, endedAfterMs };
    return { before: first, ...gone, ...times, isSame };
  } finally {
    await promisify(exec)(start).catch(() => undefined);
    for (const { child } of [web, other]) child.kill("SIGKILL");
  }
}

async function startWeb(directory: string, secrets: string) {
  const main = path.join(__dirname, "../../../../app/web/main.ts");
  const child = startProcess(main, [], {
    PORT: "0",
    METRICS_PORT: "0",
    SESSION_DIRECTORY: path.join(directory, "sessions"),
    SECRETS_DIRECTORY: secrets,
    BACKEND_URL: "http://127.0.0.1:9",
    STORAGE_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS),
    DRAIN_SECONDS: "0",
  });
  const port = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += String(chunk);
      const found = /"port":(\d+),"msg":"listening"/.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once("close", () => reject(new Error(output)));
  });
  return { child, address: `http://127.0.0.1:${port}` };
}

/** 0 if there was no response within a minute. */
async function statusOf(address: string, route: string): Promise<number> {
  try {
    const signal = AbortSignal.timeout(60_000);
    return (await fetch(address + route, { signal })).status;
  } catch {
    return 0;
  }
}

/** @returns Milliseconds until readiness had this status. */
async function until(address: string, status: number): Promise<number> {
  const begun = performance.now();
  while ((await statusOf(address, "/readyz")) !== status) {
    await sleep(100);
    if (performance.now() - begun > 300_000) {
      throw new Error(`Readiness was not ${status} in five minutes.`);
    }
  }
  return Math.round(performance.now() - begun);
}
