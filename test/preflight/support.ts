import { mkdtemp } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import Koa from "koa";
import type { Check, Outcome, Subject } from "../../app/preflight/check";
import type { Cluster } from "../../app/preflight/cluster/cluster";
import { readPreflightConfig } from "../../app/core/config/config";
import { fixedTokens } from "../../app/core/config/tokens";
import { answerProbes } from "../../app/web/middleware/answer-preflight";
import { removeFolder } from "../support/temporary-folder";

export const TOKEN = "a-token-of-the-tests-0123456789abcdef";

const open: (() => Promise<unknown>)[] = [];

/** Ends and removes everything that a test has opened. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close();
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "preflight-"));
  open.push(() => removeFolder(directory));
  return directory;
}

/** Serves on a free port. @returns Its URL. */
export async function serve(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  open.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The endpoints of a web pod that preflight calls, with the app's own responses. */
export function webPod(host: string, heartbeatSeconds = 10): Promise<string> {
  const app = new Koa();
  app.silent = true;
  const props = {
    tokens: fixedTokens(TOKEN),
    host,
    drainSeconds: 30,
    heartbeatSeconds,
  };
  app.use(answerProbes(props));
  const answer = app.callback();
  return serve((incoming, outgoing) => void answer(incoming, outgoing));
}

export interface ProxyOptions {
  /** Keeps a visitor at one target by a cookie. */
  sticky?: boolean;
  /** Forwards a response when it is complete. */
  buffers?: boolean;
  /** Cuts a response that is silent for this long. */
  idleMs?: number;
}

/** A round-robin proxy in front of web. */
export function proxy(
  targets: string[],
  options: ProxyOptions = {},
): Promise<string> {
  let turn = 0;
  return serve((incoming, outgoing) => {
    turn += 1;
    const known =
      options.sticky && /pod=(\d+)/.exec(incoming.headers.cookie ?? "");
    const pod = known ? Number(known[1]) : turn % targets.length;
    const { method, headers, url } = incoming;
    const target = new URL(url ?? "/", targets[pod]);
    const passed = request(target, { method, headers }, (answer) => {
      const cookie = options.sticky
        ? { "set-cookie": `pod=${pod}; Path=/` }
        : {};
      outgoing.writeHead(answer.statusCode ?? 502, {
        ...answer.headers,
        ...cookie,
      });
      passOn(answer, outgoing, options);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
}

function passOn(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  { buffers, idleMs }: ProxyOptions,
): void {
  const chunks: Buffer[] = [];
  if (idleMs) answer.socket.setTimeout(idleMs, () => outgoing.destroy());
  answer.on("error", () => outgoing.destroy());
  answer.on("data", (chunk: Buffer) => {
    if (buffers) chunks.push(chunk);
    else outgoing.write(chunk);
  });
  answer.on("end", () => outgoing.end(Buffer.concat(chunks)));
}

/** A cluster with just these objects by path, with or without a query. */
export function clusterOf(objects: Record<string, unknown>): Cluster {
  return {
    namespace: "keepsake",
    get: (url) => {
      const [bare = ""] = url.split("?");
      return Promise.resolve(objects[url] ?? objects[bare]);
    },
  };
}

/** Runs one check with settings taken from these environment variables. */
export async function run(
  check: Check,
  env: Record<string, string | undefined> = {},
  rest: Partial<Subject> = {},
): Promise<Outcome[]> {
  const config = readPreflightConfig({ INTERNAL_TOKEN: TOKEN, ...env });
  const signal = AbortSignal.timeout(60_000);
  return [await check.run({ config, signal, ...rest })].flat();
}

export const statusesOf = (outcomes: Outcome[]) =>
  outcomes.map(({ status }) => status);
