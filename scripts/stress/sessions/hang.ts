import { exec } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { HttpVisitor } from "../../../test/support/http-visitor";
import { startProcess } from "../../../test/support/processes";

/** How web fared with a file system whose server went away, and came back. */
export interface HangReport {
  /** Statuses, as they should be: 200, 503 and 200. */
  before: number;
  readyWhileGone: number;
  /** As they should be: 200, and 503 with a sentence. */
  aliveWhileGone: number;
  pageWhileGone: number;
  /** Milliseconds until readiness failed, and until the process was ready again. */
  failedAfterMs: number;
  backAfterMs: number;
  /** Whether the visitor still had the same session. */
  isSame: boolean;
  /** Milliseconds from SIGTERM to the end of another process, while the server was gone. */
  endedAfterMs: number;
}

const TIMEOUT_SECONDS = 5;

/**
 * Takes the server of a network file system away from two processes of web.
 *
 * @param stop A shell command after which the file system hangs; `start` one that ends this.
 */
export async function hang(
  mount: string,
  stop: string,
  start: string,
): Promise<HangReport> {
  const directory = path.join(mount, `hang-${Date.now()}`);
  await mkdir(directory, { recursive: true });
  // Secrets come from elsewhere, as they do in a cluster.
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
    const told = performance.now();
    other.child.kill("SIGTERM");
    await other.child.ended;
    const endedAfterMs = Math.round(performance.now() - told);
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
      const told = /"port":(\d+),"msg":"listening"/.exec(output)?.[1];
      if (told) resolve(told);
    });
    child.once("close", () => reject(new Error(output)));
  });
  return { child, address: `http://127.0.0.1:${port}` };
}

/** 0 if there was no answer in a minute. */
async function statusOf(address: string, route: string): Promise<number> {
  try {
    const signal = AbortSignal.timeout(60_000);
    return (await fetch(address + route, { signal })).status;
  } catch {
    return 0;
  }
}

/** Milliseconds until readiness is answered with this status. */
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
