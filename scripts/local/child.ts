import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** So that one that dies at once, again and again, doesn't keep the machine busy. */
const RESTART_PAUSE_MS = 500;

const listening = z.object({ port: z.number() });

/** One of Keepsake's processes, which says by itself when it listens, and why it can't. */
export class Child {
  #process: ChildProcess | undefined;
  #isEnding = false;

  constructor(
    readonly role: "web" | "backend" | "sweep",
    private env: NodeJS.ProcessEnv,
    private readonly args: string[] = [],
  ) {}

  /**
   * Starts it.
   *
   * @returns The port on which it listens, as it says itself: whatever else answers there may be
   *   another's. `undefined` if it ended before.
   */
  async start(): Promise<number | undefined> {
    if (this.#isEnding) return undefined;
    const child = spawn(process.execPath, this.#command(), {
      // A group of its own, so that the terminal's Ctrl-C reaches it once, through us.
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: this.env,
    });
    this.#process = child;
    const port = await new Promise<number | undefined>((resolve) => {
      child.once("message", (said) => resolve(listening.parse(said).port));
      child.once("exit", () => resolve(undefined));
    });
    // Where the system has chosen the port, it comes back to where people have found it.
    if (port) this.env = { ...this.env, PORT: String(port) };
    return port;
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    const child = this.#process;
    if (!child || hasEnded(child)) return;
    await new Promise((resolve) => child.once("exit", resolve));
  }

  /**
   * Brings it back whenever it dies.
   *
   * @returns When it is ended, or can't start again, which it has said itself.
   */
  async keepAlive(): Promise<void> {
    for (;;) {
      await this.ended();
      if (this.#isEnding) return;
      console.error(`${this.role} ended (${this.#end()}); starting it again.`);
      await sleep(RESTART_PAUSE_MS);
      const port = await this.start();
      const refused = port === undefined && this.#process?.exitCode === 1;
      if (this.#isEnding || refused) return;
    }
  }

  /** Tells it to end; a second time, to hurry. */
  end(): void {
    this.#isEnding = true;
    this.#process?.kill("SIGTERM");
  }

  #command(): string[] {
    const file = path.join(__dirname, "../../app", this.role, "main.js");
    return ["--enable-source-maps", file, ...this.args];
  }

  #end(): string {
    const { signalCode, exitCode } = this.#process ?? {};
    return signalCode ?? `exit code ${exitCode}`;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;
