import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

/** A source file's text with a mistake. */
export interface MutatedFile {
  file: string;
  text: string;
}

export interface Result {
  /** Number of tests that ran. */
  ran: number;
  /** The first test that failed. */
  failed?: string;
  /** A test file in which a test took too long. */
  late?: string;
}

/** A worker's memory grows with each mutant. */
const MUTANTS_PER_WORKER = 20;

/** Runs tests in a process that can be killed: a mistake may make an endless loop. */
export class TestRunner {
  private worker: ChildProcess | undefined;
  private runs = 0;

  /**
   * @param files Tests run that load one of them.
   * @param tests Globs of the tests.
   * @param title The end of a test's name: runs that test alone.
   * @returns `undefined` after a time-out.
   */
  async run(
    mutant: MutatedFile | undefined,
    files: string[],
    tests: string[],
    timeoutMs: number,
    title?: string,
  ): Promise<Result | undefined> {
    if (++this.runs % MUTANTS_PER_WORKER === 0) await this.stop();
    const worker = (this.worker ??= fork(path.join(__dirname, "worker.js"), {
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    }));
    const timeout = AbortSignal.timeout(timeoutMs);
    const over = new AbortController();
    const signal = AbortSignal.any([timeout, over.signal]);
    const answer = once(worker, "message", { signal });
    const ended = once(worker, "exit", { signal });
    worker.send({ mutant, files, tests, title });
    try {
      const [result] = (await Promise.race([answer, ended])) as [unknown];
      const isResult = typeof result === "object" && result && "ran" in result;
      const found = isResult
        ? (result as Result)
        : { ran: 1, failed: `the tests' process ended: ${String(result)}` };
      // It still runs the other tests.
      if (found.failed !== undefined) await this.stop();
      return found;
    } catch (error) {
      await this.stop();
      if (timeout.aborted) return undefined;
      throw error;
    } finally {
      answer.catch(() => undefined);
      ended.catch(() => undefined);
      over.abort();
    }
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    if (!worker || worker.exitCode !== null || worker.signalCode !== null)
      return;
    const exit = once(worker, "exit");
    worker.kill("SIGKILL");
    await exit;
  }
}
