import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const repository = path.join(__dirname, "../..");
const sources = [
  "app",
  "k8s",
  "scripts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
];

/**
 * Copies the repository to a temporary folder, with the same dependencies.
 *
 * @param isBuilt If true, the build is copied too; the copy builds again if its sources are newer.
 */
export function copyRepository({ isBuilt = false } = {}): {
  folder: string;
  remove(): void;
} {
  const folder = mkdtempSync(path.join(tmpdir(), "keepsake-clone-"));
  const hasBuild = isBuilt && existsSync(path.join(repository, "build"));
  const copied = hasBuild ? [...sources, "build"] : sources;
  // Preserves times, which decide about a new build.
  execFileSync("cp", ["-a", ...copied, folder], { cwd: repository });
  // Otherwise the copy would install into the repository, through the link.
  copyFileSync(
    path.join(repository, "package-lock.json"),
    path.join(repository, "node_modules/.keepsake-lock"),
  );
  symlinkSync(
    path.join(repository, "node_modules"),
    path.join(folder, "node_modules"),
  );
  return {
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs `scripts/start` and records its output. */
export class StartScript {
  readonly #process: ChildProcess;
  #printed = "";
  readonly #exited: Promise<number | null>;

  constructor(folder: string, env: Record<string, string>) {
    this.#process = spawn(path.join(folder, "scripts/start"), {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ELIZA_DELAY_MS: "0", ...env },
    });
    this.#process.stdout?.on("data", (chunk) => (this.#printed += chunk));
    this.#process.stderr?.on("data", (chunk) => (this.#printed += chunk));
    // All output has been read by then.
    this.#exited = new Promise((resolve) =>
      this.#process.once("close", resolve),
    );
  }

  get printed(): string {
    return this.#printed;
  }

  /** Resolves with the printed address; rejects if the process exits before. */
  async ready(): Promise<string> {
    return await this.prints(/ready at (\S+)/);
  }

  /** Resolves with the first group of a match in the output; rejects if the process exits before. */
  async prints(pattern: RegExp): Promise<string> {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#printed);
        if (found) resolve(found[1] ?? found[0]);
      };
      this.#process.stdout?.on("data", look);
      this.#process.stderr?.on("data", look);
      void this.#exited.then(() => reject(new Error(this.#printed)));
      look();
    });
  }

  /** Like Ctrl-C. Resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    this.#process.kill("SIGINT");
    return await this.#exited;
  }

  /** Like `kill -9`. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async exitCode(): Promise<number | null> {
    return await this.#exited;
  }
}
