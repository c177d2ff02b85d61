import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./freePorts";

/*
 * Runs backend and web beside each other, as `scripts/start` does: waits until both are ready,
 * brings back one that dies, sweeps as the CronJobs do in a cluster, and ends all when it is told to.
 */

const READY_POLL_MS = 50;
const READY_TIMEOUT_MS = 1_000;
/** A process that dies later than this was well: it is started again. */
const RESTART_PAUSE_MS = 500;
const SWEEP_EVERY_MS = 24 * 60 * 60 * 1000;

const given = process.env;
const port = given.PORT || "8080";
const metricsPort = given.METRICS_PORT || "9090";

let ending = false;
const children = new Map<string, ChildProcess>();

function start(
  role: "web" | "backend" | "sweep",
  env: NodeJS.ProcessEnv,
  args: string[] = [],
): ChildProcess {
  const file = path.join(__dirname, "../../app", role, "main.js");
  const command = ["--enable-source-maps", file, ...args];
  const child = spawn(process.execPath, command, {
    // A group of its own, so that the terminal's Ctrl-C reaches it once, through us.
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...given,
      // On a laptop nobody waits for a load balancer, and a terminal is for what needs attention.
      DRAIN_SECONDS: given.DRAIN_SECONDS || "0",
      LOG_LEVEL: given.LOG_LEVEL || "warn",
      // Each flush keeps a thread busy, and a disk does many at once in the time of one.
      UV_THREADPOOL_SIZE: given.UV_THREADPOOL_SIZE || "16",
      ...env,
    },
  });
  children.set(role, child);
  return child;
}

/** Resolves when the process answers `/readyz`; rejects if it ends before. */
async function ready(child: ChildProcess, address: string): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    // Whoever else may listen there may never answer.
    const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
    const answer = await fetch(`${address}/readyz`, { signal }).catch(
      () => undefined,
    );
    // A process that died because the port is another's must not be taken for that other.
    if (answer?.ok && child.exitCode === null) return;
    await sleep(READY_POLL_MS);
  }
  throw new Error("ended before it was ready");
}

function keepAlive(
  role: "web" | "backend",
  child: ChildProcess,
  env: NodeJS.ProcessEnv,
): void {
  child.once("exit", (code, signal) => {
    if (ending) return;
    console.error(
      `${role} ended (${signal ?? `exit code ${code}`}); starting it again.`,
    );
    setTimeout(() => {
      if (!ending) keepAlive(role, start(role, env), env);
    }, RESTART_PAUSE_MS);
  });
}

/** Says itself what it can't remove, if anything. */
async function sweep(): Promise<void> {
  for (const what of ["sessions", "records"]) {
    if (!ending) await ended(start("sweep", {}, [what]));
  }
}

function endAll(signal: NodeJS.Signals): void {
  for (const child of children.values()) child.kill(signal);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once("exit", resolve));
}

async function end(exitCode: number): Promise<never> {
  ending = true;
  endAll("SIGTERM");
  await Promise.all([...children.values()].map(ended));
  process.exit(exitCode);
}

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (ending) endAll("SIGTERM");
      else void end(0);
    });
  }
  const [backendPort, backendMetricsPort] = (
    await freePorts(2, [Number(port), Number(metricsPort)])
  ).map(String);
  const backendUrl = `http://localhost:${backendPort}`;
  const backendEnv = { PORT: backendPort, METRICS_PORT: backendMetricsPort };
  const webEnv = {
    PORT: port,
    METRICS_PORT: metricsPort,
    BACKEND_URL: backendUrl,
  };
  const backend = start("backend", backendEnv);
  const web = start("web", webEnv);
  await Promise.all([
    ready(backend, backendUrl),
    ready(web, `http://localhost:${port}`),
  ]);
  keepAlive("backend", backend, backendEnv);
  keepAlive("web", web, webEnv);
  console.log(
    `Keepsake is ready at http://localhost:${port} (Ctrl-C ends it; its state is in ./data)`,
  );
  setInterval(() => void sweep(), SWEEP_EVERY_MS);
  await sweep();
}

main().catch(() => end(1));
