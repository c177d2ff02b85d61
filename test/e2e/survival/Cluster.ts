import { freePorts } from "../../../scripts/support/freePorts";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startRoundRobin, type RoundRobin } from "../../support/roundRobin";

const root = path.join(__dirname, "../../..");

/** One process of Keepsake that is brought back whenever it has ended. */
export class Member {
  child: ChildProcess | undefined;
  isFrozen = false;
  /** Whether it has been ready since it was started. */
  isUp = false;
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
    const file = path.join(root, "build/app", this.role, "main.js");
    const preload = this.preload.flatMap((one) => ["-r", one]);
    const child = spawn(process.execPath, [...preload, file], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env["PATH"],
        PORT: String(this.port),
        METRICS_PORT: "0",
        LOG_LEVEL: process.env["SURVIVAL_LOG_LEVEL"] ?? "silent",
        HOSTNAME: this.name,
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
    if (!this.isRunning || this.isFrozen) return false;
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(`${this.url}/readyz`, { signal }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => undefined);
    this.isUp ||= answer?.ok === true;
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
  private watching: NodeJS.Timeout | undefined;

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
    for (const member of cluster.members) member.start();
    await Promise.all(cluster.members.map((member) => member.whenReady()));
    await cluster.balance();
    cluster.watching = setInterval(() => void cluster.balance(), BALANCE_MS);
    return cluster;
  }

  get members(): Member[] {
    return [...this.webs, ...this.backends];
  }

  /** Sends requests to those that say they are ready, as load balancers do. */
  async balance(): Promise<void> {
    const [webs, backends] = await Promise.all(
      [this.webs, this.backends].map(async (members) => {
        const ready = await Promise.all(members.map((one) => one.isReady()));
        return members.filter((_, index) => ready[index]).map(({ url }) => url);
      }),
    );
    // With none that is ready, a load balancer tries them all.
    this.front.backends = webs?.length ? webs : this.webs.map(({ url }) => url);
    this.inner.backends = backends?.length
      ? backends
      : this.backends.map(({ url }) => url);
  }

  async stop(): Promise<void> {
    clearInterval(this.watching);
    for (const member of this.members) member.kill("SIGKILL");
    await Promise.all(this.members.map((member) => member.ended()));
    await Promise.all([this.front.close(), this.inner.close()]);
  }
}

const BALANCE_MS = 250;
