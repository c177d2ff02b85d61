import { execFileSync } from "node:child_process";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { inspect } from "node:util";
import Koa from "koa";
import pino from "pino";
import { Registry } from "prom-client";
import { hashOf } from "../../../app/core/storage/layout/hashes";
import type { Damage } from "../../../app/core/storage/storage-context";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import { sessionFoldersIn } from "../../../app/core/storage/layout/session-folders";
import { openSessionStore } from "../../../app/web/sessions/open-session-store";
import { createSessions, sessionOf } from "../../../app/web/sessions/sessions";
import { logIdOf, newSessionId } from "../../../app/web/sessions/session-id";
import { Browser } from "../../support/browser";
import { serveApp } from "../../support/session-app";
import { temporaryFolders } from "../../support/temporary-folder";
import { expectEventually } from "../../support/wait-for";

const temporaryFolder = temporaryFolders();

async function open(
  directory: string,
  fileSystem?: FileSystem,
  timeoutSeconds = 60,
) {
  const metrics = new Registry();
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => lines.push(line) });
  const config = {
    SESSION_DIRECTORY: directory,
    SESSION_IDLE_SECONDS: 1000,
    SESSION_ABSOLUTE_SECONDS: 10_000,
    STORAGE_TIMEOUT_SECONDS: timeoutSeconds,
    UV_THREADPOOL_SIZE: 4,
  };
  const keys = ["a key of more than sixteen"];
  const given = { config, keys: () => keys, log, metrics, fileSystem };
  const opened = await openSessionStore(given);
  return { ...opened, keys, metrics, lines, log };
}

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

/** An app with a file store, like a process of several on the directory. */
async function serve(
  directory: string,
  fileSystem?: FileSystem,
  timeoutSeconds?: number,
) {
  const opened = await open(directory, fileSystem, timeoutSeconds);
  const app = new Koa();
  app.on("error", () => undefined);
  app.use(async (ctx, next) => {
    if (ctx.path === "/elsewhere") ctx.body = "served";
    else await next();
  });
  app.use(createSessions(app, { ...opened, now: Date.now }));
  app.use((ctx) => {
    const { values } = sessionOf(ctx);
    if (ctx.query.model) values.model = String(ctx.query.model);
    ctx.body = { ...ctx.session?.toJSON() };
  });
  const { origin, close } = await serveApp(app);
  closings.push(close);
  return { ...opened, browser: new Browser(origin), origin };
}

test("keeps a visitor's session across restarts and processes", async () => {
  const directory = await temporaryFolder();
  const first = await serve(directory);
  await first.browser.text("/?model=eliza", { method: "POST" });
  const second = await serve(directory);
  Object.assign(first.browser, { origin: second.origin });
  expect(await first.browser.text("/")).toContain('"model":"eliza"');
});

describe("a session", () => {
  let now: number;
  let clock: jest.SpyInstance<number>;
  beforeEach(() => {
    now = 1_700_000_000_000;
    clock = jest.spyOn(Date, "now").mockImplementation(() => now);
  });
  afterEach(() => clock.mockRestore());

  test("expires SESSION_IDLE_SECONDS after its last use", async () => {
    const { store } = await open(await temporaryFolder());
    const id = newSessionId();
    await store.create(id, {});
    now += 1_000_000;
    expect(await store.read(id)).toBeDefined();
    now += 1;
    expect(await store.read(id)).toBeUndefined();
  });

  test("expires SESSION_ABSOLUTE_SECONDS after its creation, even if it is in use", async () => {
    const { store } = await open(await temporaryFolder());
    const id = newSessionId();
    await store.create(id, {});
    for (let n = 1; n <= 10; n++) {
      now += 1_000_000;
      expect(await store.save(id, {}, { n })).toBeDefined();
    }
    now += 1;
    expect(await store.read(id)).toBeUndefined();
    expect(await store.save(id, {}, { n: 11 })).toBeUndefined();
  });
});

test("reports a directory that is not writable, with a remedy", async () => {
  const file = path.join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(open(path.join(file, "sessions"))).rejects.toThrow(
    /SESSION_DIRECTORY ".*" is not writable \(ENOTDIR\). Mount a volume there or set another path/,
  );
});

async function makeThreeVersions() {
  const directory = await temporaryFolder();
  const { browser } = await serve(directory);
  await browser.text("/?model=first", { method: "POST" });
  await browser.text("/?model=second", { method: "POST" });
  const hash = hashOf(browser.cookies.get("keepsake") ?? "");
  const folder = path.join(directory, hash.slice(0, 2), hash);
  expect((await readdir(folder)).filter((n) => /^v\d$/.test(n))).toHaveLength(
    3,
  );
  return { directory, browser, folder };
}

describe("a damaged session", () => {
  test("is served in its previous version, reported with a remedy, and counted", async () => {
    const { directory, browser, folder } = await makeThreeVersions();
    await truncate(path.join(folder, "v3"), 10);
    const after = await serve(directory);
    Object.assign(browser, { origin: after.origin });
    const response = await browser.fetch("/");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"model":"first"');
    expect(response.headers.getSetCookie()).toEqual([]);
    const logged = after.lines.join("");
    expect(logged).toContain("v2 replaces it");
    expect(logged).toContain("restore it from a backup");
    expect(logged).toContain("grep -rl ");
    expect(await after.metrics.metrics()).toContain(
      "keepsake_session_damage_total 1",
    );
  });

  test("is logged under a salted hash, with the command that finds it", async () => {
    const { directory, browser, folder } = await makeThreeVersions();
    await truncate(path.join(folder, "v3"), 10);
    const after = await serve(directory);
    Object.assign(browser, { origin: after.origin });
    await browser.text("/");
    expect(after.lines.join("")).not.toContain(path.basename(folder));
    const [line] = after.lines.map(
      (text) => JSON.parse(text) as { session: string; damage: Damage },
    );
    const id = browser.cookies.get("keepsake") ?? "";
    expect(line?.session).toBe(logIdOf(id, after.keys[0] ?? ""));
    const find = /To find it: (grep .*)\.$/.exec(
      line?.damage.advice ?? "",
    )?.[1];
    // The temporary file of the marker is removed in the background.
    await expectEventually(async () => {
      const found = execFileSync("sh", ["-c", find ?? "false"]).toString();
      expect(found.trim()).toBe(path.join(folder, "v3.damaged"));
    });
  });

  test.each<[string, (folder: string) => Promise<void>]>([
    [
      "all versions cut",
      async (folder) => {
        for (const name of await readdir(folder)) {
          await truncate(path.join(folder, name), 5);
        }
      },
    ],
    [
      "a file where its folder was",
      async (folder) => {
        await rm(folder, { recursive: true });
        await writeFile(folder, "");
      },
    ],
    [
      "values that are no session's",
      async (folder) => {
        const data = { createdAt: Date.now(), values: { owner: 7 } };
        const saved = { format: 1, token: "t", savedAt: Date.now(), data };
        await writeFile(path.join(folder, "v9"), JSON.stringify(saved));
      },
    ],
    ["nothing left of it", (folder) => rm(folder, { recursive: true })],
    [
      "folders where its versions were",
      async (folder) => {
        for (const name of await readdir(folder)) {
          await rm(path.join(folder, name));
          await mkdir(path.join(folder, name));
        }
      },
    ],
  ])("with %s is no error: the visitor gets a new one", async (_, damage) => {
    const { directory, browser, folder } = await makeThreeVersions();
    await damage(folder);
    const after = await serve(directory);
    Object.assign(browser, { origin: after.origin });
    const before = browser.cookies.get("keepsake");
    const response = await browser.fetch("/");
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain("model");
    expect(browser.cookies.get("keepsake")).not.toBe(before);
    const again = await browser.text("/?model=third", { method: "POST" });
    expect(again).toContain("third");
  });
});

test("fails readiness while the file system hangs, keeps other requests working, and recovers", async () => {
  let answers: Promise<unknown> = Promise.resolve();
  const hanging: FileSystem = {
    ...nodeFileSystem,
    readdir: async (folder) => {
      await answers;
      return nodeFileSystem.readdir(folder);
    },
  };
  const directory = await temporaryFolder();
  const opened = await serve(directory, hanging, 1);
  const check = () => opened.check();
  const { browser } = opened;
  // On a busy machine each of these may exceed its time-out too.
  await expectEventually(async () => {
    await browser.text("/?model=kept", { method: "POST" });
    expect(await browser.text("/")).toContain('"model":"kept"');
    await check();
  });

  let release: (value: unknown) => void = Boolean;
  answers = new Promise((resolve) => (release = resolve));
  const pages = Array.from({ length: 6 }, () => browser.clone().fetch("/"));
  await expect(check()).rejects.toThrow("can't be read (ETIMEDOUT)");
  for (const page of pages) expect((await page).status).toBe(503);
  expect(await browser.text("/elsewhere")).toBe("served");

  release(undefined);
  answers = Promise.resolve();
  await expectEventually(async () => {
    await check();
    expect(await browser.text("/")).toContain('"model":"kept"');
  });
});

test("shows no session's path in the store's errors", async () => {
  const directory = await temporaryFolder();
  const failing: FileSystem = {
    ...nodeFileSystem,
    link: (file) => nodeFileSystem.link(file, path.join(file, "no")),
    // Fails because the folder is not empty.
    readdir: (folder) => nodeFileSystem.rmdir(folder).then(() => []),
  };
  const { store } = await open(directory);
  const broken = (await open(directory, failing)).store;
  const id = newSessionId();
  const from = await store.create(id, {}, "ann");
  const results = await Promise.allSettled([
    broken.read(id),
    broken.save(id, {}, { a: 1 }, from),
    broken.end(id),
    store.create(id, {}),
  ]);
  for (const result of results) {
    expect(result.status).toBe("rejected");
    const { reason } = result as PromiseRejectedResult;
    const shown = `${inspect(reason)} ${JSON.stringify(reason)}`;
    expect(shown).not.toMatch(/[0-9a-f]{64}/);
  }
});

test("finds a session that is created during a sign-out everywhere, at the next one", async () => {
  const directory = await temporaryFolder();
  const elsewhere = (await open(directory)).store;
  const id = newSessionId();
  const counts: number[] = [];
  const interrupted: FileSystem = {
    ...nodeFileSystem,
    mkdir: async (folder) => {
      const isSession = path.basename(folder) === hashOf(id);
      if (isSession) counts.push(await elsewhere.endAllOf("ann"));
      await nodeFileSystem.mkdir(folder);
    },
  };
  const { store } = await open(directory, interrupted);
  await store.create(id, {}, "ann");
  expect(counts.every((count) => count === 0)).toBe(true);
  expect(counts).not.toEqual([]);
  expect(await elsewhere.endAllOf("ann")).toBe(1);
  expect(await store.read(id)).toBeUndefined();
  // The list is empty afterwards.
  const folder = sessionFoldersIn(directory).owner(hashOf("ann"));
  expect(await readdir(folder)).toEqual([]);
});

test("measures durations, conflicts and merges", async () => {
  const directory = await temporaryFolder();
  const [one, two] = [await open(directory), await open(directory)];
  const id = newSessionId();
  const made = await one.store.create(id, { a: 1, b: 1 });
  await two.store.save(id, { a: 1 }, { a: 2 });
  await one.store.save(id, { b: 1 }, { b: 2 }, made);
  const text = await one.metrics.metrics();
  for (const operation of ["list", "read", "write"]) {
    expect(text).toMatch(
      new RegExp(
        `keepsake_session_store_seconds_count{operation="${operation}"} [1-9]`,
      ),
    );
  }
  expect(text).toContain("keepsake_session_conflicts_total 1");
  expect(text).toContain("keepsake_session_merges_total 1");
  // Without another's change nothing is merged.
  await one.store.save(id, { a: 2 }, { a: 3 });
  expect(await one.metrics.metrics()).toContain(
    "keepsake_session_merges_total 1",
  );
});
