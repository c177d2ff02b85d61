import { spawn, execFileSync, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { NO_LIMITS } from "../support/no-limits";

/** Web and backend, running on their own directory. */
export interface Running {
  url: string;
  /** Resident memory of each process, in MiB. */
  memory(): { web: number; backend: number };
  /** Seconds of processor time that web has used. */
  webSeconds(): number;
  stop(): Promise<void>;
}

const repository = path.join(__dirname, "../../..");

/**
 * Starts web and backend as `scripts/start` does, and resolves when both are ready.
 *
 * @param checkout A folder with another build of Keepsake, to be compared with this one.
 */
export async function startKeepsake(
  port: number,
  env: Record<string, string>,
  checkout = repository,
): Promise<Running> {
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-bench-"));
  const both = spawn(process.execPath, [starterIn(checkout)], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: String(port),
      METRICS_PORT: String(port + 1),
      LOG_LEVEL: "warn",
      ...NO_LIMITS,
      ...env,
    },
  });
  await saysReady(both);
  return {
    url: `http://localhost:${port}`,
    memory: () => ({
      web: residentMiB(both, "web/main.js"),
      backend: residentMiB(both, "backend/main.js"),
    }),
    webSeconds: () => rowOf(both, "web/main.js").seconds,
    stop: async () => {
      const ended = new Promise((resolve) => both.once("exit", resolve));
      const timer = setTimeout(() => killAll(both), 10_000);
      both.kill("SIGTERM");
      await ended;
      clearTimeout(timer);
      await rm(directory, { recursive: true });
    },
  };
}

/** The script that starts both; earlier builds have it elsewhere. */
function starterIn(checkout: string): string {
  const places = ["local/run-both.js", "support/runBoth.js"].map((place) =>
    path.join(checkout, "build/scripts", place),
  );
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new Error(`There is no build in ${checkout}: run \`npm run build\`.`);
}

async function saysReady(both: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    both.once("exit", () => reject(new Error("Keepsake did not start")));
    both.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.includes("is ready at")) resolve();
    });
  });
}

const residentMiB = (parent: ChildProcess, name: string) =>
  rowOf(parent, name).mib;

/** Ends a process and its children, which may be too busy to end by themselves. */
function killAll(parent: ChildProcess): void {
  const rows = execFileSync("ps", ["-A", "-o", "ppid=,pid="], {
    encoding: "utf8",
  });
  for (const row of rows.trim().split("\n")) {
    const [ppid, pid] = row.trim().split(/\s+/).map(Number);
    if (pid && ppid === parent.pid) process.kill(pid, "SIGKILL");
  }
  parent.kill("SIGKILL");
}

/** The resident memory and processor time of the child whose command line contains `name`. */
function rowOf(
  parent: ChildProcess,
  name: string,
): { mib: number; seconds: number } {
  const rows = execFileSync("ps", ["-A", "-o", "ppid=,rss=,cputimes=,args="], {
    encoding: "utf8",
  });
  for (const row of rows.split("\n")) {
    const [, ppid, rss, seconds, args] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    if (Number(ppid) === parent.pid && args?.includes(name))
      return { mib: Number(rss) / 1024, seconds: Number(seconds) };
  }
  throw new Error(`no process ${name} under ${parent.pid}`);
}

const END = "event: end";

/** A minimal client with a cookie jar. */
export class Visitor {
  #cookies = new Map<string, string>([["script", "on"]]);

  constructor(readonly url: string) {}

  get cookie(): string {
    return [...this.#cookies].map((pair) => pair.join("=")).join("; ");
  }

  async get(target: string): Promise<Response> {
    return this.#fetch(target, {});
  }

  /** Posts a form and returns the path that it redirects to. */
  async post(target: string, form: Record<string, string>): Promise<string> {
    // A form without the cookie of a page is refused.
    if (this.#cookies.size === 1) await (await this.get("/")).text();
    const answer = await this.#fetch(target, {
      method: "POST",
      body: new URLSearchParams(form),
      redirect: "manual",
    });
    const page = await answer.text();
    const location = answer.headers.get("location");
    if (answer.status !== 303 || location === null)
      throw new Error(
        `POST ${target} answered ${answer.status}: ${wordsOf(page)}`,
      );
    return new URL(location, this.url).pathname;
  }

  /**
   * Follows the reply to the newest prompt to its end.
   *
   * @param onText Is called with each part of the stream as it arrives.
   */
  async follow(
    conversation: string,
    number: number,
    onText: (text: string) => void = () => undefined,
  ): Promise<void> {
    const answer = await this.get(`${conversation}/replies/${number}/events`);
    let tail = "";
    let hasEnd = false;
    const parts = answer.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const text of parts) {
      onText(text);
      tail += text;
      hasEnd ||= tail.includes(END);
      tail = tail.slice(-END.length);
    }
    if (!hasEnd)
      throw new Error(`a stream of ${conversation} ended without its end`);
  }

  async #fetch(target: string, init: RequestInit): Promise<Response> {
    const answer = await fetch(this.url + target, {
      ...init,
      headers: { cookie: this.cookie, origin: this.url },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      this.#cookies.set(
        name,
        line.slice(name.length + 1).split(";")[0] ?? value,
      );
    }
    return answer;
  }
}

/** The text of a page in one line, for error messages. */
export function wordsOf(page: string): string {
  const [, main = page] = /<main[^>]*>(.*)<\/main>/s.exec(page) ?? [];
  return main
    .replace(/<[^>]*>|\s+/g, " ")
    .replace(/ +/g, " ")
    .slice(0, 1_000);
}

/** @param share From 0 to 1. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ??
    NaN
  );
}
