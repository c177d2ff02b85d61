import { freePorts } from "../../local/free-ports";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  startRoundRobin,
  type RoundRobin,
} from "../../../test/support/round-robin";

const root = path.join(__dirname, "../../..");

/** A process of Keepsake that is restarted whenever it exits. */
export class Member {
  child: ChildProcess | undefined;
  isFrozen = false;
  /** True if it has been ready since its start. */
  isUp = false;
  /** True after SIGTERM. */
  isEnding = false;
  /** Its last response to a readiness probe. */
  wasReady = false;
  readonly url: string;
  /** Exit codes and signals so far, oldest first. */
  readonly ends: (number | NodeJS.Signals | null)[] = [];

  constructor(
    readonly name: string,
    private readonly role: "web" | "backend",
    private readonly port: number,
    private readonly env: Record<string, string>,
    private readonly preload: string[] = [],
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  start(): void {
    this.isUp = false;
    this.isEnding = false;
    this.wasReady = false;
    const child = spawn(path.join(root, "build/bin", this.role), {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env["PATH"],
        PORT: String(this.port),
        METRICS_PORT: "0",
        LOG_LEVEL: process.env["SURVIVAL_LOG_LEVEL"] ?? "silent",
        HOSTNAME: this.name,
        NODE_OPTIONS: this.preload.map((file) => `--require ${file}`).join(" "),
        ...this.env,
      },
    });
    child.once("exit", (code, signal) => this.ends.push(code ?? signal));
    this.child = child;
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  async isReady(): Promise<boolean> {
    const { child } = this;
    const isReady =
      this.isRunning && !this.isFrozen && (await this.saysReady());
    // It may have been ended and started again while it was asked.
    if (child !== this.child) return false;
    this.isUp ||= isReady;
    this.wasReady = isReady;
    return isReady;
  }

  private async saysReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${this.url}/readyz`, { signal }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.ok === true;
  }

  async whenReady(): Promise<void> {
    while (!(await this.isReady())) {
      if (!this.isRunning) throw new Error(`${this.name} ended at its start`);
      await sleep(50);
    }
  }

  /** Sends a signal. SIGSTOP and SIGCONT are remembered. */
  kill(signal: NodeJS.Signals): void {
    if (signal === "SIGSTOP") this.isFrozen = true;
    if (signal === "SIGCONT") this.isFrozen = false;
    if (signal === "SIGTERM") this.isEnding = true;
    this.child?.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.child && this.isRunning) await once(this.child, "exit");
  }
}

export interface ClusterOptions {
  webs: number;
  backends: number;
  /** The records' directory as each backend sees it, in turn: mounts of one directory. */
  dataDirectories: string[];
  /** The same for sessions, and secrets. */
  sessionDirectories: string[];
  secretsDirectory: string;
  env?: Record<string, string>;
  /** Modules that backends load first: what breaks them on purpose. */
  preload?: string[];
}

/** Processes of web and backend, each kind behind a round robin without any stickiness. */
export class Cluster {
  readonly webs: Member[];
  readonly backends: Member[];
  private stopAsking: () => Promise<void> = () => Promise.resolve();

  private constructor(
    readonly front: RoundRobin,
    private readonly inner: RoundRobin,
    ports: number[],
    options: ClusterOptions,
  ) {
    const { webs, backends, dataDirectories, sessionDirectories } = options;
    const env = {
      SECRETS_DIRECTORY: options.secretsDirectory,
      ...options.env,
    };
    this.webs = ports.slice(0, webs).map((port, index) => {
      const directory = sessionDirectories[index % sessionDirectories.length];
      return new Member(`web-${index + 1}`, "web", port, {
        SESSION_DIRECTORY: directory ?? "",
        BACKEND_URL: inner.url,
        ...env,
      });
    });
    this.backends = ports.slice(webs, webs + backends).map((port, index) => {
      const directory = dataDirectories[index % dataDirectories.length] ?? "";
      const name = `backend-${index + 1}`;
      const own = {
        DATA_DIRECTORY: directory,
        ADVERTISED_URL: `http://127.0.0.1:${port}`,
        ...env,
      };
      return new Member(name, "backend", port, own, options.preload);
    });
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const ports = await freePorts(options.webs + options.backends);
    const cluster = new Cluster(
      await startRoundRobin([]),
      await startRoundRobin([]),
      ports,
      options,
    );
    try {
      for (const member of cluster.members) member.start();
      await Promise.all(cluster.members.map((member) => member.whenReady()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    cluster.balance();
    cluster.stopAsking = keepAsking(cluster.members, () => cluster.balance());
    return cluster;
  }

  get members(): Member[] {
    return [...this.webs, ...this.backends];
  }

  /** Sends requests to those that say they are ready, as load balancers do. */
  balance(): void {
    this.front.backends = urlsFor(this.webs);
    this.inner.backends = urlsFor(this.backends);
  }

  async stop(): Promise<void> {
    const stopped = this.stopAsking();
    for (const member of this.members) member.kill("SIGKILL");
    await Promise.all(this.members.map((member) => member.ended()));
    await stopped;
    await Promise.all([this.front.close(), this.inner.close()]);
  }
}

/** The targets of requests. If none is ready, a load balancer tries all. */
function urlsFor(members: Member[]): string[] {
  const ready = members.filter(({ wasReady }) => wasReady);
  return (ready.length > 0 ? ready : members).map(({ url }) => url);
}

/** Interval of readiness probes. */
const ASK_MS = 200;
/** Time-out of a probe: a slow process must not count as gone. */
const PATIENCE_MS = 10_000;

/**
 * Probes the readiness of each process at intervals, independently of the others.
 *
 * @param tell Called after every probe.
 * @returns A function that ends it.
 */
export function keepAsking(
  members: Member[],
  tell: () => void,
): () => Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const asking = members.map(async (member) => {
    while (!signal.aborted) {
      await member.isReady();
      tell();
      await sleep(ASK_MS, undefined, { signal }).catch(() => undefined);
    }
  });
  return async () => {
    over.abort();
    await Promise.all(asking);
  };
}
