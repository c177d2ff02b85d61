import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBackendApp } from "../../app/backend/app";
import { createBackend } from "../../app/backend/create-backend";
import { readBackendConfig, readWebConfig } from "../../app/core/config/config";
import { fixedTokens } from "../../app/core/config/tokens";
import { createLog } from "../../app/core/runtime/log";
import { Registry } from "../../app/core/runtime/metrics";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { createWebApp } from "../../app/web/app";
import { createApi } from "../../app/web/backend-client/create-api";
import { openSessionStore } from "../../app/web/sessions/open-session-store";
import { NO_LIMITS } from "../support/no-limits";
import { countCalls } from "../support/count-calls";
import { quantile, Visitor } from "./support";

const MEASURED = 9;

/** The parts of a message that are told apart by time. */
type Phase = "POST" | "reply" | "page";

/** Calls by step and name. */
type Steps = Map<string, Map<string, number>>;

/**
 * Prints the mean number of storage calls for a message, its reply of 100 words in a second and
 * its page, by process and step.
 *
 * @param parent The folder for the data. On NFS, the remote calls are printed, too.
 */
export async function messageCalls(parent = tmpdir()): Promise<void> {
  const directory = await mkdtemp(path.join(parent, "keepsake-calls-"));
  const counter = new StepCounter(directory);
  const { url, stop } = await startBoth(directory, counter.fileSystem);
  try {
    const visitor = new Visitor(url);
    const target = await visitor.post("/conversations", { message: "hello" });
    await visitor.follow(target, 2);
    const each: Steps[] = [];
    const remote: Map<string, number>[] = [];
    const times: number[] = [];
    for (let reply = 4; each.length < MEASURED; reply += 2) {
      await quiet();
      counter.take();
      const before = remoteCalls(directory);
      counter.phase = "POST";
      const message = "write 100 words, please";
      const sent = performance.now();
      await visitor.post(`${target}/messages`, { message });
      times.push(performance.now() - sent);
      counter.phase = "reply";
      await visitor.follow(target, reply);
      await quiet();
      counter.phase = "page";
      await (await visitor.get(target)).text();
      await quiet();
      // A segment is due after message 10, 11, 20 or 21, and no part of most.
      if (![10, 12, 20, 22].includes(reply)) each.push(counter.take());
      remote.push(difference(before, remoteCalls(directory)));
    }
    printTable(each);
    printRemote(remote, times);
  } finally {
    await stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Time for storage calls that no request waits for. */
const quiet = () => sleep(200);

class StepCounter {
  phase: Phase = "page";
  readonly fileSystem: FileSystem;
  private steps: Steps = new Map();

  constructor(private readonly directory: string) {
    this.fileSystem = countCalls(nodeFileSystem, (name, file) =>
      this.count(name, file),
    ).fileSystem;
  }

  take(): Steps {
    const { steps } = this;
    this.steps = new Map();
    return steps;
  }

  private count(name: string, file: string): void {
    const step = stepOf(this.phase, name, path.relative(this.directory, file));
    const calls = this.steps.get(step) ?? new Map<string, number>();
    this.steps.set(step, calls);
    calls.set(name, (calls.get(name) ?? 0) + 1);
  }
}

function stepOf(phase: Phase, name: string, file: string): string {
  if (file.startsWith("sessions")) return `web: session, ${phase}`;
  return `backend: ${recordStep(phase, name, file)}`;
}

const FOLDER =
  /^records\/(?:owners\/..\/[^/]*\/(?:conversations\/[^/]*\/?)?)?([^/]*)/;

function recordStep(phase: Phase, name: string, file: string): string {
  const [, folder = ""] = FOLDER.exec(file) ?? [];
  switch (folder) {
    case "":
    case "queue":
      return `queue look-up, ${phase}`;
    case "owners":
      return `owner's settings, ${phase}`;
    case "messages":
      if (phase === "POST") return "prompt";
      return phase === "page" ? "page" : "publish";
    case "replies":
      return replyStep(phase, name, file);
    case "activity":
      return `owner index, ${phase}`;
    case "in-progress":
      return "active reply index";
    default:
      return `${folder}, ${phase}`;
  }
}

/** The end entry is the only one that is written under a temporary name first. */
function replyStep(phase: Phase, name: string, file: string): string {
  if (phase === "page") return "page";
  if (file.endsWith(".tmp") || ["link", "unlink"].includes(name)) return "end";
  return phase === "POST" ? "reply: create" : "reply: flushes, folder of end";
}

const whyNotReady = () => undefined;

async function startBoth(directory: string, fileSystem: FileSystem) {
  const log = createLog("warn", {});
  const tokens = fixedTokens("a-token-for-this-run-alone");
  const folders = {
    DATA_DIRECTORY: path.join(directory, "records"),
    SESSION_DIRECTORY: path.join(directory, "sessions"),
    SECRETS_DIRECTORY: path.join(directory, "secrets"),
    ...NO_LIMITS,
  };
  const config = readBackendConfig({ ...folders, ELIZA_DELAY_MS: "10" });
  const backend = createBackend({
    config,
    log,
    metrics: new Registry(),
    tokens,
    address: "http://127.0.0.1:1",
    fileSystem,
  });
  const api = await listening(
    createBackendApp({ ...backend, probes: { whyNotReady } }).callback(),
  );
  const web = await listenWeb(api.url, folders, fileSystem);
  return {
    url: web.url,
    stop: async () => {
      web.server.closeAllConnections();
      web.server.close();
      await web.close();
      await backend.replies.drain();
      api.server.closeAllConnections();
      api.server.close();
    },
  };

  async function listenWeb(
    backendUrl: string,
    env: Record<string, string>,
    files: FileSystem,
  ) {
    const settings = readWebConfig({ ...env, BACKEND_URL: backendUrl });
    const metrics = new Registry();
    const keys = ["a key for this run alone"];
    const store = await openSessionStore({
      config: settings,
      keys: () => keys,
      log,
      metrics,
      fileSystem: files,
    });
    const client = createApi({ config: settings, log, metrics, tokens });
    const { app } = await createWebApp({
      host: "bench",
      sessions: { ...store, keys },
      allowedHosts: ["127.0.0.1"],
      api: client,
      log,
      metrics,
      now: Date.now,
      tokens,
      drainSeconds: 0,
      whyNotReady,
    });
    return {
      ...(await listening(app.callback())),
      close: () => client.close(),
    };
  }
}

async function listening(
  handle: (...pair: Parameters<RequestListener>) => Promise<void>,
): Promise<{ server: Server; url: string }> {
  const server = createServer((...pair) => void handle(...pair));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

const shown = (count: number) => String(Math.round(count * 10) / 10);

const meanOf = (values: number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const medianOf = (values: number[]) => Math.round(quantile(values, 0.5));

function printTable(each: Steps[]): void {
  const steps = [...new Set(each.flatMap((one) => [...one.keys()]))];
  let total = 0;
  for (const step of steps.toSorted()) {
    const calls = each.map((one) => one.get(step) ?? new Map<string, number>());
    const names = [...new Set(calls.flatMap((one) => [...one.keys()]))];
    const listed = names
      .map((name) => ({
        name,
        times: meanOf(calls.map((one) => one.get(name) ?? 0)),
      }))
      .filter(({ times }) => times >= 0.05);
    const sum = listed.reduce((all, { times }) => all + times, 0);
    if (sum === 0) continue;
    total += sum;
    const kinds = listed.map(({ name, times }) => `${name} ${shown(times)}`);
    console.log(`${step.padEnd(40)} ${shown(sum)}  ${kinds.join(", ")}`);
  }
  console.log(`${"all".padEnd(40)} ${shown(total)}`);
}

function printRemote(each: Map<string, number>[], times: number[]): void {
  console.log(`POST, median ms: ${quantile(times, 0.5).toFixed(1)}`);
  const names = [...new Set(each.flatMap((one) => [...one.keys()]))];
  const calls = names
    .map((name) => ({
      name,
      count: medianOf(each.map((one) => one.get(name) ?? 0)),
    }))
    .filter(({ count }) => count > 0);
  if (calls.length === 0) return;
  const sum = calls.reduce((all, { count }) => all + count, 0);
  const kinds = calls.map(({ name, count }) => `${name} ${count}`).join(", ");
  console.log(`remote calls: ${sum}: ${kinds}`);
}

/** The calls that this machine has sent to the NFS server of a folder, by name; none for another file system. */
export function remoteCalls(folder: string): Map<string, number> {
  const mounts = readFileSync("/proc/self/mountstats", "utf8").split(
    /^device /m,
  );
  const [mount] = mounts
    .filter((one) => one.includes("fstype nfs"))
    .map((one) => ({ one, at: / mounted on (\S+) /.exec(one)?.[1] ?? "" }))
    .filter(({ at }) => at !== "" && folder.startsWith(`${at}/`));
  const [, operations = ""] = mount?.one.split("per-op statistics") ?? [];
  const counts = [...operations.matchAll(/^\s*([A-Z_]+): (\d+) /gm)];
  return new Map(counts.map(([, name = "", count]) => [name, Number(count)]));
}

function difference(
  before: Map<string, number>,
  after: Map<string, number>,
): Map<string, number> {
  return new Map(
    [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)]),
  );
}
