import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect, createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "./contestant";

/** The used part of the interface of express-session's stores. */
interface ExpressStore {
  get(
    id: string,
    callback: (error: unknown, session: unknown) => void,
  ): unknown;
  set(id: string, session: object, callback: (error?: Error) => void): unknown;
}

// The script installs the stores in build/bench-sessions.
const load = createRequire(
  path.join(__dirname, "../../../bench-sessions/package.json"),
);

function ofExpress(name: string, store: ExpressStore): Contestant {
  const set = (id: string, values: object) =>
    new Promise<void>((resolve, reject) => {
      const session = { cookie: { maxAge: 1e9 }, ...values };
      store.set(id, session, (error) => (error ? reject(error) : resolve()));
    });
  const get = (id: string) =>
    new Promise<void>((resolve, reject) => {
      store.get(id, (error, session) =>
        session ? resolve() : reject(error ?? new Error("missing")),
      );
    });
  return { name, create: set, get, set };
}

interface RedisClient {
  connect(): Promise<unknown>;
  destroy(): void;
}

const redisServer = process.env.REDIS_SERVER ?? "redis-server";

export const hasRedis = () =>
  spawnSync(redisServer, ["--version"]).error === undefined;

/** connect-redis, with its own Redis server that appends every write to a file. */
export async function redis(
  directory: string,
  appendfsync: "everysec" | "always",
): Promise<Contestant> {
  const folder = path.join(directory, `redis-${appendfsync}`);
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const settings = `--bind 127.0.0.1 --port ${port} --save  --appendonly yes`;
  const server = spawn(
    redisServer,
    [...settings.split(" "), "--appendfsync", appendfsync, "--dir", folder],
    { stdio: "ignore" },
  );
  await answers(port);
  const { createClient: makeClient } = load("redis") as {
    createClient: (options: object) => RedisClient;
  };
  const client = makeClient({ url: `redis://127.0.0.1:${port}` });
  await client.connect();
  const { RedisStore } = load("connect-redis") as {
    RedisStore: new (options: object) => ExpressStore;
  };
  return {
    ...ofExpress(`redis ${appendfsync}`, new RedisStore({ client })),
    stop: async () => {
      client.destroy();
      server.kill("SIGKILL");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  for (let attempt = 1; attempt <= 500; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", () => resolve(false));
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (isThere) return;
    await sleep(20);
  }
  throw new Error("redis-server did not start. Install it, or check its log.");
}

export async function sessionFileStore(directory: string): Promise<Contestant> {
  const folder = path.join(directory, "session-file-store");
  await mkdir(folder, { recursive: true });
  const make = load("session-file-store") as (
    session: unknown,
  ) => new (options: object) => ExpressStore;
  const Store = make(load("express-session"));
  const options = { path: folder, logFn: () => undefined, reapInterval: -1 };
  return ofExpress("session-file-store", new Store(options));
}

/** A file per session, replaced by renaming. @param flush If false, a crash may lose it. */
export async function renaming(
  directory: string,
  flush: boolean,
): Promise<Contestant> {
  const folder = path.join(directory, `rename-${String(flush)}`);
  await mkdir(folder, { recursive: true });
  const fileOf = (id: string) => path.join(folder, id);
  const set = async (id: string, values: object) => {
    const temporary = `${fileOf(id)}.${randomUUID()}`;
    await writeFile(temporary, JSON.stringify(values), { flush });
    await rename(temporary, fileOf(id));
  };
  return {
    name: flush ? "rename, flushed" : "rename",
    create: set,
    get: async (id) =>
      JSON.parse(await readFile(fileOf(id), "utf8")) as unknown,
    set,
  };
}
