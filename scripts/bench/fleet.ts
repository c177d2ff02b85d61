import { NO_LIMITS } from "../support/no-limits";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../local/free-ports";
import { processorMs, residentMiB } from "./processes";

export interface Member {
  url: string;
  child: ChildProcess;
  /** Resident memory, in MiB. */
  memory(): number;
  /** Processor time used since its start, in milliseconds. */
  processorMs(): number;
}

/** Backend processes, each with a web process that calls only it. */
export interface Fleet {
  backends: Member[];
  webs: Member[];
  /** The backends' `DATA_DIRECTORY`. */
  records: string;
  stop(): Promise<void>;
}

const repository = path.join(__dirname, "../../..");

/** @param checkout A folder with another build of Keepsake, to be compared with this one. */
export async function startFleet(
  count: number,
  env: Record<string, string>,
  checkout = repository,
): Promise<Fleet> {
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-streams-"));
  const start = (role: "web" | "backend", own: Record<string, string>) =>
    startMember(path.join(checkout, "build/bin", role), own);
  const records = path.join(directory, "records");
  const shared = {
    DATA_DIRECTORY: records,
    SESSION_DIRECTORY: path.join(directory, "sessions"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    LOG_LEVEL: "error",
    METRICS_PORT: "0",
    ...NO_LIMITS,
    REPLIES_PER_OWNER: "1000",
    REPLIES_PER_PROCESS: "100000",
    ...env,
  };
  const backends: Member[] = [];
  const webs: Member[] = [];
  for (let index = 0; index < count; index++) {
    backends.push(await start("backend", shared));
    const backend = backends[index]?.url ?? "";
    webs.push(await start("web", { ...shared, BACKEND_URL: backend }));
  }
  return {
    backends,
    webs,
    records,
    stop: async () => {
      for (const { child } of [...webs, ...backends]) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startMember(
  program: string,
  env: Record<string, string>,
): Promise<Member> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PORT: String(port),
      ADVERTISED_URL: url,
      ...env,
    },
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${program} did not start`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    await sleep(30);
  }
  const pid = child.pid ?? 0;
  return {
    url,
    child,
    memory: () => residentMiB(pid),
    processorMs: () => processorMs(pid),
  };
}
