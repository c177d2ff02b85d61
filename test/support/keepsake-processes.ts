import { once } from "node:events";
import { readdir, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "../../app/core/runtime/errors";
import { type Ended, startProcess } from "./processes";
import { RECORDED_LEVEL } from "./recorded-log";

const app = (role: string) => path.join(__dirname, `../../app/${role}/main.ts`);
const MOVED_CLOCK = path.join(__dirname, "moved-clock.js");

type Child = ReturnType<typeof startProcess>;

/** Web and backend processes on a shared folder, in a world whose clock a test can move. */
export class KeepsakeProcesses {
  private readonly children: Child[] = [];
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly folder: string,
    env: NodeJS.ProcessEnv = {},
  ) {
    this.env = {
      NODE_OPTIONS: `--require=${MOVED_CLOCK}`,
      SESSION_DIRECTORY: path.join(folder, "sessions"),
      DATA_DIRECTORY: path.join(folder, "records"),
      SECRETS_DIRECTORY: path.join(folder, "secrets"),
      PORT: "0",
      METRICS_PORT: "0",
      ELIZA_DELAY_MS: "0",
      LOG_LEVEL: RECORDED_LEVEL,
      ...env,
    };
  }

  /** Starts a backend, and a web process that calls it. @returns The address of web. */
  async start(): Promise<string> {
    const backend = await this.listening("backend");
    return this.listening("web", { BACKEND_URL: backend });
  }

  /** Lets time pass: the processes' clocks advance, and all files become older. */
  async pass(ms: number): Promise<void> {
    await age(this.folder, ms);
    await Promise.all(
      this.children.map(async (child) => {
        const moved = once(child, "message");
        child.send({ moveClockMs: ms });
        await moved;
      }),
    );
  }

  sweep(role: "sessions" | "records"): Promise<Ended> {
    return startProcess(app("sweep"), [role], {
      ...this.env,
      LOG_LEVEL: "info",
      NODE_OPTIONS: "",
    }).ended;
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill("SIGKILL");
    await Promise.all(this.children.map(({ ended }) => ended));
  }

  private async listening(
    role: "web" | "backend",
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const child = startProcess(app(role), [], { ...this.env, ...env });
    this.children.push(child);
    const failed = child.ended.then(({ errors }) => {
      throw new Error(`${role} ended: ${errors}`);
    });
    const [message] = await Promise.race([once(child, "message"), failed]);
    failed.catch(() => undefined);
    return `http://localhost:${(message as { port: number }).port}`;
  }
}

/** Sets back the times of a folder and everything in it. */
async function age(file: string, ms: number): Promise<void> {
  try {
    const { mtimeMs, isDirectory } = await statOf(file);
    const names = isDirectory ? await readdir(file) : [];
    for (const name of names) await age(path.join(file, name), ms);
    const then = new Date(mtimeMs - ms);
    await utimes(file, then, then);
  } catch (error) {
    // The temporary file of a write may be removed at any moment.
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

async function statOf(file: string) {
  const found = await stat(file);
  return { mtimeMs: found.mtimeMs, isDirectory: found.isDirectory() };
}
