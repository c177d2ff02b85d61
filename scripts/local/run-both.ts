import {
  ConfigError,
  readBackendConfig,
  readSweepConfig,
  readWebConfig,
} from "../../app/core/config/config";
import { Child } from "./child";
import { freePorts } from "./free-ports";

/*
 * Runs backend and web beside each other, as `scripts/start` does: waits until both listen, brings
 * back one that dies, sweeps as the CronJobs do in a cluster, and ends all when it is told to.
 */

const LOOPBACK = "127.0.0.1";

const SWEEP_EVERY_MS = 24 * 60 * 60 * 1000;

/** The environment of each process. */
interface Environments {
  web: NodeJS.ProcessEnv;
  /** Absent if BACKEND_URL names another backend. */
  backend?: NodeJS.ProcessEnv;
}

const children = new Set<Child>();
let ending: Promise<void> | undefined;

/** The same for all that follows, which is why it is looked at but once. */
const env: NodeJS.ProcessEnv = {
  ...process.env,
  // No load balancer has to be waited for.
  DRAIN_SECONDS: process.env.DRAIN_SECONDS || "0",
  // Each flush keeps a thread busy, and a disk does many at once in the time of one.
  UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE || "16",
  // The SDK warns on Node 20 that its later versions need 22; the lock file keeps this one.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

async function environments(): Promise<Environments> {
  if (env.BACKEND_URL) return { web: env };
  const spoken = [env.PORT || 8080, env.METRICS_PORT || 9090].map(Number);
  const [port, metricsPort] = (await freePorts(2, spoken)).map(String);
  const BACKEND_URL = `http://${LOOPBACK}:${port}`;
  return {
    web: { ...env, BACKEND_URL },
    backend: {
      ...env,
      // Only web calls it, wherever web listens.
      LISTEN_ADDRESS: LOOPBACK,
      PORT: port,
      METRICS_PORT: metricsPort,
      // Web calls it on this machine by HTTP.
      TLS_CERTIFICATE_FILE: "",
      TLS_KEY_FILE: "",
    },
  };
}

/** @throws ConfigError naming every bad setting of any process, once. */
function check({ web, backend }: Environments): void {
  const faults = new Set<string>();
  for (const read of [
    () => readWebConfig(web),
    () => backend && readBackendConfig(backend),
    () => readSweepConfig(env),
  ]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
    }
  }
  if (faults.size > 0) throw new ConfigError(...faults);
}

function add(...args: ConstructorParameters<typeof Child>): Child {
  const child = new Child(...args);
  children.add(child);
  return child;
}

function keepAlive(child: Child): void {
  void child.keepAlive().then(() => end(1));
}

/** Says itself what it can't remove, if anything. */
async function sweep(what: string[]): Promise<void> {
  for (const directory of what) {
    if (ending) return;
    const child = add("sweep", env, [directory]);
    await child.start();
    children.delete(child);
  }
}

/** Ends all processes, and then this one; told again, they hurry. */
async function end(exitCode: number): Promise<void> {
  for (const child of children) child.end();
  ending ??= Promise.all([...children].map((child) => child.ended())).then(() =>
    process.exit(exitCode),
  );
  await ending;
}

/** Prints the address and the state directories, as plain text. */
function announce({ web, backend }: Environments, port: number): void {
  const {
    SESSION_DIRECTORY: sessions,
    SECRETS_DIRECTORY: secrets,
    TLS_CERTIFICATE_FILE: certificate,
    BASE_PATH: base,
  } = readWebConfig(web);
  const scheme = certificate ? "https" : "http";
  const records = backend && readBackendConfig(backend).DATA_DIRECTORY;
  const state = [sessions, records, secrets].filter(Boolean).join(", ");
  const elsewhere = backend ? "" : `; its backend is ${web.BACKEND_URL}`;
  console.log(
    `\nKeepsake is ready at ${scheme}://localhost:${port}${base && `${base}/`} (Ctrl-C ends it; its state is in ${state}${elsewhere})\n`,
  );
}

async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void end(0));
  }
  const envs = await environments();
  check(envs);
  const backend = envs.backend && add("backend", envs.backend);
  const web = add("web", envs.web);
  // Both say what is wrong with their surroundings, before either is ended because of the other.
  const [port, backendPort] = await Promise.all([
    web.start(),
    backend?.start(),
  ]);
  if (!port || (backend && !backendPort)) return await end(1);
  for (const child of children) keepAlive(child);
  announce(envs, port);
  const swept = backend ? ["sessions", "records"] : ["sessions"];
  setInterval(() => void sweep(swept), SWEEP_EVERY_MS);
  await sweep(swept);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  return end(1);
});
