import { EventEmitter } from "node:events";
import { readdir } from "node:fs/promises";
import Keygrip from "keygrip";
import type { FileSystem } from "../../../app/core/storage/file-system";
import { createStorageContext } from "../../../app/core/storage/storage-context";
import { createFileSessionStore } from "../../../app/web/sessions/file-session-store";
import { newSessionId } from "../../../app/web/sessions/session-id";
import { HttpVisitor } from "../../support/http-visitor";
import { connectApi } from "../../support/connect-api";
import { MemoryDisk } from "../../support/memory-disk";
import { startBackend } from "../../support/start-backend";
import { startWeb, type TestWeb } from "../../support/start-web";
import { temporaryFolders } from "../../support/temporary-folder";
import { openRequest } from "../../support/broken-request";
import { once } from "../../support/wait-for";

/* Sessions that only their cookie knows, until a form needs them. */

const temporaryFolder = temporaryFolders();
const running: TestWeb[] = [];
afterEach(async () => {
  for (const web of running.splice(0)) await web.close();
});

const lifetime = { idleMs: 3_600_000, absoluteMs: 36_000_000 };

/** Processes that share a directory of sessions. */
async function start(count = 1, now: () => number = Date.now) {
  const directory = await temporaryFolder();
  for (let n = 0; n < count; n++) {
    const store = storeIn(directory, now);
    running.push(await startWeb({ store, now, api: running[0]?.api }));
  }
  const inodes = async () =>
    (await readdir(directory, { recursive: true })).length;
  return { webs: running.slice(), inodes };
}

const storeIn = (directory: string, now: () => number) =>
  createFileSessionStore({
    ...lifetime,
    directory,
    now,
    files: createStorageContext(),
  });

const sessionIn = (page: string) => /Session<\/dt><dd>(\w+)/.exec(page)?.[1];

/** Requests pages as a visitor who keeps no cookies. */
async function visitOften(address: string, count: number): Promise<void> {
  const paths = ["/", "/conversations", "/data", "/search?q=a"];
  for (let n = 0; n < count; n++) {
    const answer = await fetch(address + paths[n % paths.length]);
    expect(answer.status).not.toBe(429);
    expect(answer.headers.getSetCookie()).toHaveLength(2);
    await answer.arrayBuffer();
  }
}

test("600 requests without a cookie create nothing on disk", async () => {
  const directory = await temporaryFolder();
  // Without a backend, pages cost less.
  const api = connectApi("http://127.0.0.1:9");
  const store = storeIn(directory, Date.now);
  running.push(await startWeb({ store, api }));
  await visitOften(running[0]!.address, 600);
  expect(await readdir(directory)).toEqual([]);
  await api.close();
});

test("requests without a cookie create no records in the backend", async () => {
  const backend = await startBackend({});
  const api = connectApi(backend.url);
  running.push(await startWeb({ api }));
  const records = () => readdir(backend.directory, { recursive: true });
  const before = await records();
  await visitOften(running[0]!.address, 20);
  expect(await records()).toEqual(before);
  await api.close();
  await backend.stop();
});

test("keeps its name and owner over pages, and is stored by the first form under that name", async () => {
  const { webs, inodes } = await start(2);
  const visitor = new HttpVisitor(webs[0]!.address);
  const first = await visitor.read("/");
  expect(first).toContain("(new)");
  const second = await visitor.read("/");
  expect(second).not.toContain("(new)");
  expect(sessionIn(second)).toBe(sessionIn(first));
  expect(await inodes()).toBe(0);
  const address = await visitor.begin("hello");
  expect(visitor.cookies.get("keepsake")).toMatch(/^[a-z2-7]{32}$/);
  const elsewhere = new HttpVisitor(webs[1]!.address);
  visitor.cookies.forEach((value, name) => elsewhere.cookies.set(name, value));
  const page = await elsewhere.read(address);
  expect(sessionIn(page)).toBe(sessionIn(first));
  expect(page).toContain("hello");
});

test("finds the stored session if the answer to the first form was lost", async () => {
  const { webs } = await start();
  const visitor = new HttpVisitor(webs[0]!.address);
  await visitor.read("/");
  const before = new Map(visitor.cookies);
  const address = await visitor.begin("hello");
  before.forEach((value, name) => visitor.cookies.set(name, value));
  expect(await visitor.read(address)).toContain("hello");
  expect(visitor.cookies.get("keepsake")).toMatch(/^[a-z2-7]{32}$/);
});

test("adopts a session that another request stores while this one looks for it", async () => {
  const store = storeIn(await temporaryFolder(), Date.now);
  const gate = new EventEmitter();
  let isSlow = false;
  const slow = Object.assign(Object.create(store) as typeof store, {
    isTaken: async (id: string) => {
      if (isSlow) {
        isSlow = false;
        gate.emit("asked");
        await once(gate, "open");
      }
      return store.isTaken(id);
    },
  });
  const web = await startWeb({ store: slow });
  running.push(web);
  const tabs = [0, 1].map(() => new HttpVisitor(web.address));
  const session = sessionIn(await tabs[0]!.read("/"));
  tabs[0]!.cookies.forEach((value, name) => tabs[1]!.cookies.set(name, value));
  isSlow = true;
  const asked = once(gate, "asked");
  const page = tabs[1]!.read("/");
  await asked;
  const address = await tabs[0]!.begin("hello");
  gate.emit("open");
  expect(sessionIn(await page)).toBe(session);
  expect(await tabs[1]!.read(address)).toContain("hello");
});

test("gives a form another session if a request of another tab has stored and ended its own", async () => {
  const store = storeIn(await temporaryFolder(), Date.now);
  let isFirst = true;
  const overtaken = Object.assign(Object.create(store) as typeof store, {
    createOnce: async (...given: Parameters<typeof store.createOnce>) => {
      if (isFirst) {
        isFirst = false;
        await store.createOnce(...given);
        await store.end(given[0]);
      }
      return store.createOnce(...given);
    },
  });
  const web = await startWeb({ store: overtaken });
  running.push(web);
  const visitor = new HttpVisitor(web.address);
  const before = sessionIn(await visitor.read("/"));
  const page = await visitor.read(await visitor.begin("hello"));
  expect(page).toContain("hello");
  expect(sessionIn(page)).not.toBe(before);
});

test("gives forms of two tabs on two pods, sent at once, one session and one owner", async () => {
  const { webs } = await start(2);
  for (let round = 0; round < 10; round++) {
    const tabs = webs.map(({ address }) => new HttpVisitor(address));
    await tabs[0]!.read("/");
    tabs[0]!.cookies.forEach((value, name) =>
      tabs[1]!.cookies.set(name, value),
    );
    const addresses = await Promise.all(
      tabs.map((tab, n) => tab.begin(`message ${n}`)),
    );
    for (const tab of tabs) {
      for (const [n, address] of addresses.entries()) {
        expect(await tab.read(address)).toContain(`message ${n}`);
      }
    }
    const [one, other] = tabs.map(({ cookies }) => cookies.get("keepsake"));
    expect(one).toBe(other);
  }
});

test("is not brought back by its first cookie once it was ended", async () => {
  const { webs } = await start();
  const visitor = new HttpVisitor(webs[0]!.address);
  const session = sessionIn(await visitor.read("/"));
  const first = new Map(visitor.cookies);
  const address = await visitor.begin("hello");
  await visitor.post("/session/reset", {});
  for (const send of ["page", "form"]) {
    const late = new HttpVisitor(webs[0]!.address);
    first.forEach((value, name) => late.cookies.set(name, value));
    if (send === "form") await late.begin("again");
    expect(sessionIn(await late.read("/"))).not.toBe(session);
    expect((await late.get(address)).status).toBe(404);
  }
});

test("is not stored under a name that is older than the idle time", async () => {
  const clock = { now: Date.now() };
  const { webs } = await start(1, () => clock.now);
  const visitor = new HttpVisitor(webs[0]!.address);
  const session = sessionIn(await visitor.read("/"));
  clock.now += lifetime.idleMs - 1_000;
  expect(sessionIn(await visitor.read("/"))).toBe(session);
  clock.now += 3_000;
  expect(sessionIn(await visitor.read("/"))).not.toBe(session);
});

test.each([
  ["an id of the future", (now: number) => now + 7_200_000],
  ["an id of long ago", () => 0],
])("never adopts %s, even if signed", async (_, issuedAt) => {
  const { webs } = await start();
  const visitor = new HttpVisitor(webs[0]!.address);
  const seconds = Math.floor(issuedAt(Date.now()) / 1_000);
  const value = `${newSessionId()}.${seconds.toString(36)}`;
  const keys = new Keygrip(["a key that only tests have"], "sha256", "base64");
  visitor.cookies.set("keepsake", value);
  visitor.cookies.set("keepsake.sig", keys.sign(`keepsake=${value}`));
  await visitor.begin("hello");
  expect(visitor.cookies.get("keepsake")).not.toBe(value.slice(0, 32));
});

test.each([
  ["no cookie", ""],
  [
    "a cookie with a forged signature",
    `keepsake=${newSessionId()}.t5xq3k; keepsake.sig=${"a".repeat(43)}`,
  ],
])("a form with %s is refused before its body is read", async (_, cookie) => {
  const { webs, inodes } = await start();
  const { server, address } = webs[0]!;
  const request = await openRequest(
    server,
    [
      "POST /conversations HTTP/1.1",
      `host: ${new URL(address).host}`,
      "content-type: application/x-www-form-urlencoded",
      "content-length: 1000000",
      "connection: close",
      ...(cookie ? [`cookie: ${cookie}`] : []),
    ],
    "message=",
  );
  // Only this part of the body is ever sent.
  expect(await request.answer()).toMatch(/^HTTP\/1\.1 403 /);
  expect(await inodes()).toBe(0);
});

test("deleting all data names the next session, and stores none", async () => {
  const { webs } = await start();
  const visitor = new HttpVisitor(webs[0]!.address);
  await visitor.begin("hello");
  const id = visitor.cookies.get("keepsake");
  await visitor.post("/data/delete", {});
  const next = visitor.cookies.get("keepsake");
  expect(next).toMatch(/^[a-z2-7]{32}\.\w+$/);
  expect(next).not.toContain(id);
});

/* Crashes. */

const storeOn = (fileSystem: FileSystem) =>
  createFileSessionStore({
    ...lifetime,
    directory: "/sessions",
    now: () => 1_000,
    files: createStorageContext({ fileSystem }),
  });

/** The disk in the view of a process that dies before its nth call. */
function dyingAt(disk: MemoryDisk, call: number) {
  let calls = 0;
  const process = { hasDied: false };
  const fileSystem = new Proxy(disk, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== "function" || name === "entries") return method;
      return (...given: unknown[]): unknown => {
        process.hasDied ||= ++calls > call;
        if (process.hasDied) return new Promise(() => undefined);
        return Reflect.apply(method, target, given);
      };
    },
  });
  return { fileSystem, process };
}

test("is stored once, whenever the first of two processes dies, and survives a power cut", async () => {
  let survived = 0;
  for (let call = 0, isDone = false; !isDone; call++) {
    const disk = new MemoryDisk();
    await disk.mkdir("/sessions");
    await disk.syncDirectory("/");
    const id = newSessionId();
    const { fileSystem, process } = dyingAt(disk, call);
    const dying = storeOn(fileSystem).createOnce(
      id,
      { owner: "ann", by: "first" },
      "ann",
    );
    await Promise.race([
      dying,
      new Promise((resolve) => setTimeout(resolve, 5)),
    ]);
    isDone = !process.hasDied;
    const second = await storeOn(disk).createOnce(
      id,
      { owner: "ann", by: "second" },
      "ann",
    );
    expect(["first", "second"]).toContain(second?.values.by);
    for (const left of disk.cutAfter(disk.operations.length)) {
      const read = await storeOn(left.copy()).read(id);
      expect(read?.values).toEqual(second?.values);
      expect(await storeOn(left).endAllOf("ann")).toBe(1);
      survived++;
    }
  }
  expect(survived).toBeGreaterThan(10);
});

test("is stored by exactly one of many processes, and read by the others", async () => {
  const disk = new MemoryDisk();
  await disk.mkdir("/sessions");
  const id = newSessionId();
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, n) => storeOn(disk).createOnce(id, { n })),
  );
  expect(new Set(all.map((session) => session?.values.n)).size).toBe(1);
  await storeOn(disk).end(id);
  expect(await storeOn(disk).createOnce(id, { n: 9 })).toBeUndefined();
  expect(await storeOn(disk).isTaken(id)).toBe(true);
});

test("lists no session of another person under the one who came second", async () => {
  const disk = new MemoryDisk();
  await disk.mkdir("/sessions");
  const id = newSessionId();
  await storeOn(disk).createOnce(id, { owner: "ann" }, "ann");
  await storeOn(disk).createOnce(id, { owner: "bob" }, "bob");
  expect(await storeOn(disk).endAllOf("bob")).toBe(0);
  expect((await storeOn(disk).read(id))?.values.owner).toBe("ann");
});
