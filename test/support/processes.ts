import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { record } from "./recorded-log";

export interface Ended {
  /** The exit status; `null` if a signal ended it. */
  code: number | null;
  output: string;
  errors: string;
}

/** Starts a TypeScript file of the repository as a process, with a channel for messages. */
export function startProcess(
  file: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): ChildProcess & { ended: Promise<Ended> } {
  const register = path.join(__dirname, "typescript.js");
  const child = spawn(process.execPath, ["-r", register, file, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  return Object.assign(child, { ended: collect(child) });
}

async function collect(child: ChildProcess): Promise<Ended> {
  const texts = { output: "", errors: "" };
  child.stdout?.on("data", (chunk) => (texts.output += String(chunk)));
  child.stderr?.on("data", (chunk) => (texts.errors += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  record(texts.output + texts.errors);
  return { code, ...texts };
}
