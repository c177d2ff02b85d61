import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../local/free-ports";
import { memoryOfTree } from "../processes";
import type { ChatVisitor, RunningChat } from "./chat";

const sources = path.join(__dirname, "../../../../scripts/bench/peers");

/** The time within which a server must answer its first page. */
const START_MS = 90_000;

/**
 * Starts a program of the virtual environment `PEERS_VENV`, and resolves when its page answers.
 *
 * @param command The program and its arguments, for a port.
 */
export async function startPython(
  command: (port: string) => string[],
  env: Record<string, string>,
  visitor: (url: string) => ChatVisitor,
): Promise<RunningChat> {
  const venv = process.env["PEERS_VENV"];
  if (!venv) throw new Error("Set PEERS_VENV, as scripts/bench/all does");
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-peer-"));
  mkdirSync(path.join(directory, "sessions"));
  const [port] = await freePorts(1);
  const [program = "", ...rest] = command(String(port));
  const args = rest.map((text) =>
    text.endsWith(".py") ? path.join(sources, text) : text,
  );
  const begun = performance.now();
  const child = spawn(path.join(venv, "bin", program), args, {
    cwd: directory,
    stdio: [
      "ignore",
      "ignore",
      process.env["PEERS_LOG"] ? "inherit" : "ignore",
    ],
    env: {
      ...process.env,
      ...env,
      SESSION_DIRECTORY: path.join(directory, "sessions"),
      CHAINLIT_APP_ROOT: directory,
      GRADIO_SERVER_PORT: String(port),
      // Its sources are in the repository.
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child, program);
  return {
    url,
    startMs: performance.now() - begun,
    memory: () => memoryOfTree(child.pid ?? 0),
    visitor: () => visitor(url),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(
  url: string,
  child: ChildProcess,
  program: string,
): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${program} did not start`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await sleep(20);
  }
  child.kill("SIGKILL");
  throw new Error(`${program} did not answer within ${START_MS / 1_000} s`);
}
