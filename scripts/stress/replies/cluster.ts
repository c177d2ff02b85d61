import { NO_LIMITS } from "../../support/no-limits";
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

/** A Keepsake process that can be restarted. */
export class Member {
  child: ChildProcess | undefined;
  isFrozen = false;
  /** True once the process has been ready since its start. */
  isUp = false;
  isDraining = false;
  /** The result of the last readiness probe. */
  wasReady = false;
  readonly url: string;
  /** Exit codes and signals so far, oldest first. */
  readonly exits: (number | NodeJS.Signals | null)[] = [];

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
    this.isDraining = false;
    this.wasReady = false;
    const child = spawn(path.join(root, "build/bin", this.role), {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env["PATH"],
        PORT: String(this.port),
        METRICS_PORT: "0",
        ...NO_LIMITS,
        LOG_LEVEL: process.env["SURVIVAL_LOG_LEVEL"] ?? "silent",
        HOSTNAME: this.name,
        NODE_OPTIONS: this.preload.map((file) => `--require ${file}`).join(" "),
        ...this.env,
      },
    });
    child.once("exit", (code, signal) => this.exits.push(code ?? signal));
    this.child = child;
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  async isReady(): Promise<boolean> {
    const { child } = this;
    const isReady = this.isRunning && !this.isFrozen && (await this.probe());
    // The process may have been restarted during the probe.
    if (child !== this.child) return false;
    this.isUp ||= isReady;
    this.wasReady = isReady;
    return isReady;
  }

  private async probe(): Promise<boolean> {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const answer = await fetch(`${this.url}/readyz`, { signal }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.ok === true;
  }

  async whenReady(): Promise<void> {
    while (!(await this.isReady())) {
      if (!this.isRunning)
        throw new Error(`${this.name} exited before it was ready`);
      await sleep(50);
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (signal === "SIGSTOP") this.isFrozen = true;
    if (signal === "SIGCONT") this.isFrozen = false;
    if (signal === "SIGTERM") this.isDraining = true;
    this.child?.kill(signal);
  }

  async exited(): Promise<void> {
    if (this.child && this.isRunning) await once(this.child, "exit");
  }
}

export interface ClusterOptions {
  webs: number;
  backends: number;
  /** Mounts of one directory, assigned to the backends in turn. */
  dataDirectories: string[];
  /** Mounts of one directory, assigned to the web processes in turn. */
  sessionDirectories: string[];
  secretsDirectory: string;
  env?: Record<string, string>;
  /** Modules that backends load first, to break them deliberately. */
  preload?: string[];
}

/** Web and backend processes, each kind behind a round robin without sticky sessions. */
export class Cluster {
  readonly webs: Member[];
  readonly backends: Member[];
  private stopProbing: () => Promise<void> = () => Promise.resolve();

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
    cluster.stopProbing = keepProbing(cluster.members, () => cluster.balance());
    return cluster;
  }

  get members(): Member[] {
    return [...this.webs, ...this.backends];
  }

  /** Sends requests to ready processes only, as load balancers do. */
  balance(): void {
    this.front.backends = urlsFor(this.webs);
    this.inner.backends = urlsFor(this.backends);
  }

  async stop(): Promise<void> {
    const stopped = this.stopProbing();
    for (const member of this.members) member.kill("SIGKILL");
    await Promise.all(this.members.map((member) => member.exited()));
    await stopped;
    await Promise.all([this.front.close(), this.inner.close()]);
  }
}

/** A load balancer without ready targets tries all of them. */
function urlsFor(members: Member[]): string[] {
  const ready = members.filter(({ wasReady }) => wasReady);
  return (ready.length > 0 ? ready : members).map(({ url }) => url);
}

const PROBE_INTERVAL_MS = 200;
/** Long, because a slow process must not count as unready. */
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Probes each process repeatedly and independently, so that a slow one delays no other.
 *
 * @param onProbed Called after every probe.
 * @returns A function that stops the probes.
 */
export function keepProbing(
  members: Member[],
  onProbed: () => void,
): () => Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const probing = members.map(async (member) => {
    while (!signal.aborted) {
      await member.isReady();
      onProbed();
      await sleep(PROBE_INTERVAL_MS, undefined, { signal }).catch(
        () => undefined,
      );
    }
  });
  return async () => {
    over.abort();
    await Promise.all(probing);
  };
}
