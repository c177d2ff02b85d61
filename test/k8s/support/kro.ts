import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ApiServer, assets, describeWithApiServer } from "./api-server";

const program = path.join(assets, "kro");

/** A block of tests that need kro's controller too, beside the API server. */
export function describeWithKro(name: string, body: () => void): void {
  if (assets && !existsSync(program) && !process.env["CI"]) {
    describe.skip(
      `${name} (needs kro's controller: put it into KUBEBUILDER_ASSETS as "kro")`,
      body,
    );
  } else {
    describeWithApiServer(name, body);
  }
}

/** Runs the controller, as in a cluster but outside of it. */
export async function startKro(
  server: ApiServer,
): Promise<{ stop: () => Promise<void> }> {
  const child = spawn(
    program,
    [
      "-metrics-bind-address=127.0.0.1:0",
      "-health-probe-bind-address=127.0.0.1:0",
    ],
    {
      env: { ...process.env, KUBECONFIG: server.kubeconfig },
      stdio: "ignore",
    },
  );
  await once(child, "spawn");
  return { stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/**
 * Waits until what is asked for is so.
 *
 * @param ask Gives undefined while it isn't.
 * @throws What `ask` threw last, or that it never was.
 */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  timeoutMs = 90_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) throw new Error("It never came to be");
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(200);
  }
}
