import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** Keeps a process that crashes at start from busying the machine. */
const RESTART_PAUSE_MS = 500;

const listening = z.object({ port: z.number() });

/** A process of Keepsake. It reports itself when it listens, and why it cannot. */
export class Child {
  #process: ChildProcess | undefined;
  #isEnding = false;

  constructor(
    readonly role: "web" | "backend" | "sweep",
    private env: NodeJS.ProcessEnv,
    private readonly args: string[] = [],
  ) {}

  /** Resolves with the port that the process reports, or `undefined` if it exited before. */
  async start(): Promise<number | undefined> {
    if (this.#isEnding) return undefined;
    const { NODE_OPTIONS = "", PATH = "" } = this.env;
    const child = spawn(this.#program, this.args, {
      // In its own process group: Ctrl-C reaches it once, through this process.
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: {
        ...this.env,
        NODE_OPTIONS: `${NODE_OPTIONS} --enable-source-maps`,
        // Its first line names no path, and this process may run under another Node than PATH's.
        PATH: `${path.dirname(process.execPath)}${path.delimiter}${PATH}`,
      },
    });
    this.#process = child;
    const port = await new Promise<number | undefined>((resolve) => {
      child.once("message", (said) => resolve(listening.parse(said).port));
      child.once("exit", () => resolve(undefined));
      child.once("error", (error) => {
        console.error(`${this.role} can't be started: ${error.message}`);
        this.#process = undefined;
        resolve(undefined);
      });
    });
    // After a crash it listens on the same port, also where the system chose it.
    if (port) this.env = { ...this.env, PORT: String(port) };
    return port;
  }

  /** Resolves when the process has exited. */
  async ended(): Promise<void> {
    const child = this.#process;
    if (!child || hasEnded(child)) return;
    await new Promise((resolve) => child.once("exit", resolve));
  }

  /** Restarts the process when it dies. Resolves after {@link end}, or if it cannot start again. */
  async keepAlive(): Promise<void> {
    for (;;) {
      await this.ended();
      if (this.#isEnding) return;
      console.error(`${this.role} ended (${this.#end()}); starting it again.`);
      await sleep(RESTART_PAUSE_MS);
      const port = await this.start();
      const refused = port === undefined && this.#hasRefused;
      if (this.#isEnding || refused) return;
    }
  }

  /** True if it could not be started, or found a fault of its settings or surroundings. */
  get #hasRefused(): boolean {
    return !this.#process || this.#process.exitCode === 1;
  }

  /** Sends SIGTERM. A second one makes the process exit at once. */
  end(): void {
    this.#isEnding = true;
    this.#process?.kill("SIGTERM");
  }

  /** Executed by itself, since its first line has the flags of V8. */
  get #program(): string {
    return path.join(__dirname, "../../app", this.role, "main.js");
  }

  #end(): string {
    const { signalCode, exitCode } = this.#process ?? {};
    return signalCode ?? `exit code ${exitCode}`;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;
