import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import Koa from "koa";
import pino from "pino";
import { VisibleError } from "../../../app/core/domain/errors";
import { createMemorySessionStore } from "../../../app/web/sessions/memory-session-store";
import { createSessions, sessionOf } from "../../../app/web/sessions/sessions";
import { logIdOf } from "../../../app/web/sessions/session-id";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import type { SessionsOptions } from "../../../app/web/sessions/visitor-session";
import { Browser } from "../../support/browser";
import { diskErrors } from "../../support/disk-errors";
import { expectEventually, once, waitFor } from "../../support/wait-for";

const KEYS = ["a key of more than sixteen", "an older key of some length"];

type Handler = (ctx: Koa.Context) => unknown;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** An app with only sessions and a test's handlers. */
async function setUp(
  handlers: Record<string, Handler> = {},
  given: Partial<SessionsOptions> = {},
) {
  const clock = { now: 1_700_000_000_000 };
  const lifetime = { idleMs: 100_000, absoluteMs: 1_000_000 };
  const now = () => clock.now;
  const store = createMemorySessionStore({ ...lifetime, now });
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => lines.push(line) });
  const options = { lifetime, store, keys: KEYS, log, now, ...given };
  const origin = await serve(handlers, options);
  return { origin, clock, store, lines, browser: new Browser(origin), options };
}

async function serve(
  handlers: Record<string, Handler>,
  options: SessionsOptions,
): Promise<string> {
  const app = new Koa();
  app.proxy = true;
  app.on("error", (error) => options.log.error({ error }, "fault"));
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
      ctx.status = error.status;
      ctx.body = error.message;
    }
  });
  app.use(createSessions(app, options));
  app.use(async (ctx) => {
    ctx.body = ctx.session?.toJSON();
    await (handlers[ctx.path] ?? standard[ctx.path])?.(ctx);
  });
  const handle = app.callback();
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Routes for several tests. */
const standard: Record<string, Handler> = {
  "/model": (ctx) => {
    sessionOf(ctx).values.model = String(ctx.query.name);
  },
  "/reset": (ctx) => sessionOf(ctx).startOver(),
  "/sign-in": (ctx) => sessionOf(ctx).signIn(String(ctx.query.name)),
  "/sign-out": (ctx) => sessionOf(ctx).signOut(),
  "/sign-out-everywhere": (ctx) => sessionOf(ctx).signOutEverywhere(),
  "/who": (ctx) => {
    const { isNew, shortId, problem } = sessionOf(ctx);
    ctx.body = { isNew, shortId, problem };
  },
};

/** A handler that pauses, and reports when it does. */
function paused(work: Handler): {
  handler: Handler;
  reached: Promise<unknown>;
  goOn: () => void;
} {
  const signals = new EventEmitter();
  const reached = once(signals, "reached");
  const goingOn = once(signals, "go on");
  const handler: Handler = async (ctx) => {
    signals.emit("reached");
    await goingOn;
    await work(ctx);
  };
  return { handler, reached, goOn: () => signals.emit("go on") };
}

const post = { method: "POST" };
const json = async (browser: Browser, path: string, init?: RequestInit) =>
  JSON.parse(await browser.text(path, init)) as Record<string, unknown>;

describe("a visitor", () => {
  test("gives a visitor a session at the first page, and keeps it", async () => {
    const { browser } = await setUp();
    const first = await json(browser, "/who");
    expect(first).toMatchObject({ isNew: true });
    expect(first.shortId).toMatch(/^[a-z2-7]{8}$/);
    const second = await json(browser, "/who");
    expect(second).toMatchObject({ isNew: false, shortId: first.shortId });
    expect(await json(browser, "/")).toEqual(await json(browser, "/"));
  });

  test("creates ids of 160 random bits, and shows them on no page", async () => {
    const { browser } = await setUp();
    await browser.text("/model?name=x", post);
    const id = browser.cookies.get("keepsake") ?? "";
    expect(id).toMatch(/^[a-z2-7]{32}$/);
    const { shortId } = await json(browser, "/who");
    expect(id).not.toContain(String(shortId));
  });

  test("shows a change at the next request", async () => {
    const { browser } = await setUp();
    await browser.text("/model?name=eliza", post);
    expect((await json(browser, "/")).model).toBe("eliza");
  });

  test("sets a cookie only when the session is new or stored", async () => {
    const { browser } = await setUp();
    const cookies = async (path: string, init?: RequestInit) =>
      (await browser.fetch(path, init)).headers.getSetCookie().length;
    expect(await cookies("/")).toBe(2);
    expect(await cookies("/")).toBe(0);
    // Now it is stored, and the cookie has the id alone.
    expect(await cookies("/model?name=x", post)).toBe(2);
    expect(await cookies("/model?name=y", post)).toBe(0);
  });

  test("shares no session with another visitor", async () => {
    const { origin } = await setUp();
    const [a, b] = [new Browser(origin), new Browser(origin)];
    const owners = [await json(a, "/"), await json(b, "/")].map((v) => v.owner);
    expect(owners[0]).not.toBe(owners[1]);
  });
});

describe("the cookie", () => {
  test("sets a __Host- cookie over TLS", async () => {
    const { origin } = await setUp();
    const browser = new Browser(origin, { "x-forwarded-proto": "https" });
    const { shortId } = await json(browser, "/who");
    expect([...browser.cookies.keys()]).toEqual([
      "__Host-keepsake",
      "__Host-keepsake.sig",
    ]);
    for (const attributes of browser.attributes.values()) {
      expect(attributes).toContain("path=/;");
      expect(attributes).toContain("secure");
      expect(attributes).toContain("httponly");
      expect(attributes).toContain("samesite=lax");
      expect(attributes).not.toContain("domain");
    }
    expect(await json(browser, "/who")).toMatchObject({
      shortId,
      isNew: false,
    });
  });

  test("gives the cookie the session's maximum age", async () => {
    const { browser } = await setUp();
    const date = Date.now();
    await browser.text("/");
    const expires = /expires=([^;]+)/.exec(
      browser.attributes.get("keepsake") ?? "",
    )?.[1];
    const seconds = (Date.parse(expires ?? "") - date) / 1000;
    expect(Math.abs(seconds - 1000)).toBeLessThan(60);
  });

  test.each([
    ["unknown", "a".repeat(32)],
    ["a path", "../../../../etc/passwd"],
    ["empty", ""],
    ["long", "a".repeat(6000)],
    ["not text", "%00%ff"],
    ["a prototype", "__proto__"],
  ])("that is %s, even if signed, is never adopted", async (_, value) => {
    const { browser, options } = await setUp();
    const Keygrip = jest.requireActual<typeof import("keygrip")>("keygrip");
    const keys = new Keygrip(options.keys, "sha256", "base64");
    browser.cookies.set("keepsake", value);
    browser.cookies.set("keepsake.sig", keys.sign(`keepsake=${value}`));
    expect(await json(browser, "/who")).toMatchObject({ isNew: true });
    expect(browser.cookies.get("keepsake")).not.toBe(value);
    expect(browser.cookies.get("keepsake")).toMatch(/^[a-z2-7]{32}\.\w+$/);
  });

  test("ignores a cookie without its signature", async () => {
    const { browser } = await setUp();
    const { shortId } = await json(browser, "/who");
    browser.cookies.set("keepsake.sig", "forged");
    const other = await json(browser, "/who");
    expect(other.isNew).toBe(true);
    expect(other.shortId).not.toBe(shortId);
  });

  test("finds the valid cookie among several of its name", async () => {
    const { browser, origin } = await setUp();
    const { shortId } = await json(browser, "/who");
    const pair = (name: string) => `${name}=${browser.cookies.get(name)}`;
    const own = [pair("keepsake"), pair("keepsake.sig")];
    const foreign = ["keepsake=" + "a".repeat(32), "keepsake.sig=forged"];
    for (const cookies of [
      [...own, ...foreign],
      [...foreign, ...own],
    ]) {
      const headers = { cookie: cookies.join("; ") };
      const answer = await fetch(`${origin}/who`, { headers });
      expect(await answer.json()).toMatchObject({ isNew: false, shortId });
    }
  });

  test("names the cookie by the setting, so that two Keepsakes can share a host", async () => {
    const { browser, options, origin: first } = await setUp();
    const { owner } = await json(browser, "/");
    const keys = ["the other one's own key"];
    const origin = await serve({}, { ...options, keys, cookieName: "other" });
    const there = browser.clone();
    Object.assign(there, { origin });
    const theirs = await json(there, "/");
    expect(theirs.owner).not.toBe(owner);
    Object.assign(there, { origin: first });
    expect((await json(there, "/")).owner).toBe(owner);
  });

  test("makes no store call for a malformed cookie", async () => {
    const read = jest.fn<Promise<undefined>, [string]>();
    const { options } = await setUp();
    const { store } = options;
    const origin = await serve({}, { ...options, store: { ...store, read } });
    const browser = new Browser(origin);
    browser.cookies.set("keepsake", "../../etc/passwd");
    await browser.text("/");
    expect(read).not.toHaveBeenCalled();
  });
});

describe("keys", () => {
  test("rotates keys without logging any visitor out", async () => {
    const { browser, options } = await setUp();
    const { owner } = await json(browser, "/");
    const old = browser.cookies.get("keepsake.sig");
    const keys = ["the newest key there is now", ...KEYS];
    const rotated = browser.clone();
    const inRotation = await serve({}, { ...options, keys });
    Object.assign(rotated, { origin: inRotation });
    expect((await json(rotated, "/")).owner).toBe(owner);
    expect(rotated.cookies.get("keepsake.sig")).not.toBe(old);
    // Both cookies keep their expiry, so that they survive a browser's restart.
    expect(rotated.attributes.get("keepsake")).toContain("expires=");
    expect(rotated.attributes.get("keepsake.sig")).toContain("expires=");
    const afterwards = await serve({}, { ...options, keys: keys.slice(0, 1) });
    Object.assign(rotated, { origin: afterwards });
    expect((await json(rotated, "/")).owner).toBe(owner);
    Object.assign(browser, { origin: afterwards });
    expect((await json(browser, "/")).owner).not.toBe(owner);
  });
});

describe("a change of identity", () => {
  test("creates another session and owner at Reset, and deletes the old session", async () => {
    const { browser } = await setUp();
    const before = await json(browser, "/");
    const old = browser.clone();
    await browser.text("/reset", post);
    const after = await json(browser, "/");
    expect(after.owner).not.toBe(before.owner);
    expect(browser.cookies.get("keepsake")).not.toBe(
      old.cookies.get("keepsake"),
    );
    expect((await json(old, "/who")).isNew).toBe(true);
  });

  test("creates another id at sign-in, for the owner on the page", async () => {
    const { browser } = await setUp();
    await browser.text("/model?name=eliza", post);
    const old = browser.clone();
    await browser.text("/sign-in?name=ann", post);
    expect(await json(browser, "/")).toMatchObject({
      owner: "ann",
      model: "eliza",
    });
    expect((await json(old, "/")).owner).not.toBe("ann");
  });

  test("shows a session as new on the page that created it for a person", async () => {
    const { browser } = await setUp({
      "/page": async (ctx) => {
        const session = sessionOf(ctx);
        const before = session.shortId;
        await session.signIn("ann");
        const { isNew, shortId } = session;
        ctx.body = { isNew, isOther: shortId !== before };
      },
    });
    await browser.text("/model?name=eliza", post);
    const seen = { isNew: true, isOther: true };
    expect(await json(browser, "/page")).toEqual(seen);
    expect((await json(browser, "/who")).isNew).toBe(false);
  });

  test("deletes the session at sign-out", async () => {
    const { browser } = await setUp();
    await browser.text("/sign-in?name=ann", post);
    const stolen = browser.clone();
    await browser.text("/sign-out", post);
    expect(browser.cookies.size).toBe(0);
    expect((await json(stolen, "/")).owner).not.toBe("ann");
  });

  test("deletes all sessions of the owner at sign-out everywhere", async () => {
    const { origin } = await setUp();
    const browsers = [1, 2, 3].map(() => new Browser(origin));
    for (const each of browsers) await each.text("/sign-in?name=ann", post);
    const other = new Browser(origin);
    await other.text("/sign-in?name=bob", post);
    await browsers[0]?.text("/sign-out-everywhere", post);
    expect(browsers[0]?.cookies.size).toBe(0);
    for (const each of browsers) {
      expect((await json(each, "/")).owner).not.toBe("ann");
    }
    expect((await json(other, "/")).owner).toBe("bob");
  });

  test("keeps the values under another id after koa-session's regenerate", async () => {
    const { browser } = await setUp({
      "/regenerate": (ctx) => ctx.session?.regenerate(),
    });
    await browser.text("/model?name=eliza", post);
    const old = browser.clone();
    await browser.text("/regenerate", post);
    expect((await json(browser, "/")).model).toBe("eliza");
    expect(browser.cookies.get("keepsake")).not.toBe(
      old.cookies.get("keepsake"),
    );
    expect((await json(old, "/who")).isNew).toBe(true);
  });

  test("creates another id if the session object is replaced", async () => {
    const { browser } = await setUp({
      "/replace": (ctx) => {
        ctx.session = null;
        ctx.session = { owner: "someone", versions: {} } as never;
      },
    });
    await browser.text("/");
    const old = browser.clone();
    await browser.text("/replace", post);
    expect((await json(browser, "/")).owner).toBe("someone");
    expect(browser.cookies.get("keepsake")).not.toBe(
      old.cookies.get("keepsake"),
    );
    expect((await json(old, "/")).owner).not.toBe("someone");
  });
});

describe("a slow request", () => {
  test("does not recreate a session that a faster request deleted", async () => {
    const slow = paused((ctx) => {
      sessionOf(ctx).values.model = "from the grave";
    });
    const { browser } = await setUp({ "/slow": slow.handler });
    await browser.text("/sign-in?name=ann", post);
    const other = browser.clone();
    const request = other.fetch("/slow", post);
    await slow.reached;
    await browser.text("/sign-out", post);
    slow.goOn();
    const response = await request;
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await json(other, "/")).not.toMatchObject({ owner: "ann" });
  });

  test("does not set the cookie back to a replaced id", async () => {
    const slow = paused((ctx) => {
      sessionOf(ctx).values.model = "late";
    });
    const { browser } = await setUp({ "/slow": slow.handler });
    await browser.text("/");
    const request = browser.fetch("/slow", post);
    await slow.reached;
    await browser.text("/reset", post);
    const { owner } = await json(browser, "/");
    slow.goOn();
    await request;
    const now = await json(browser, "/");
    expect(now.owner).toBe(owner);
    expect(now.model).toBeUndefined();
  });

  test("does not set the cookie back to an ended session that was stored before", async () => {
    const slow = paused(() => undefined);
    const { browser } = await setUp({ "/slow": slow.handler });
    await browser.text("/");
    const other = browser.clone();
    await browser.text("/model?name=eliza", post);
    const request = other.fetch("/slow");
    await slow.reached;
    await browser.text("/reset", post);
    slow.goOn();
    const response = await request;
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test("does not overwrite a newer version", async () => {
    const slow = paused((ctx) => {
      const { values } = sessionOf(ctx);
      values.versions.messages = (values.versions.messages ?? 0) + 1;
    });
    const { browser } = await setUp({
      "/slow": slow.handler,
      "/count": (ctx) => {
        const { values } = sessionOf(ctx);
        values.versions.messages = (values.versions.messages ?? 0) + 1;
      },
    });
    await browser.text("/");
    const request = browser.fetch("/slow", post);
    await slow.reached;
    await browser.text("/model?name=eliza", post);
    await browser.text("/count", post);
    slow.goOn();
    await request;
    expect(await json(browser, "/")).toMatchObject({
      model: "eliza",
      versions: { messages: 2 },
    });
  });
});

describe("a handler's change", () => {
  test("is stored immediately and once by an explicit save", async () => {
    let saves = 0;
    const { options, store } = await setUp();
    const counting: SessionStore = {
      ...store,
      save: (...given) => {
        saves++;
        return store.save(...given);
      },
    };
    const other = new Browser("");
    const origin = await serve(
      {
        "/save": async (ctx) => {
          const visitor = sessionOf(ctx);
          visitor.values.model = "saved";
          await visitor.save();
          await visitor.save();
          ctx.body = await other.text("/");
        },
      },
      { ...options, store: counting },
    );
    const browser = new Browser(origin);
    await browser.text("/");
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    Object.assign(other, { origin });
    expect((await json(browser, "/save", post)).model).toBe("saved");
    expect(saves).toBe(1);
  });

  test("is saved at the end of a streamed body", async () => {
    const body = new PassThrough();
    const { browser } = await setUp({
      "/stream": (ctx) => {
        ctx.body = body;
        body.write("first");
        setImmediate(() => {
          sessionOf(ctx).values.model = "changed in mid-stream";
          body.end("last");
        });
      },
    });
    await browser.text("/");
    await browser.text("/stream");
    await expectEventually(async () => {
      const { model } = await json(browser, "/");
      expect(model).toBe("changed in mid-stream");
    });
  });

  test("can be saved explicitly after the headers of a streamed body", async () => {
    const body = new PassThrough();
    const saved = new Promise<void>((resolve, reject) => {
      body.once("saved", resolve).once("error", reject);
    });
    const { browser } = await setUp({
      "/stream": (ctx) => {
        ctx.body = body;
        body.write("first");
        const { res } = ctx;
        const saveOnceSent = async () => {
          await waitFor(() => res.headersSent);
          sessionOf(ctx).values.model = "explicitly";
          await sessionOf(ctx).save();
          body.emit("saved");
        };
        saveOnceSent().catch((error: Error) => body.destroy(error));
      },
    });
    await browser.text("/");
    const streaming = browser.text("/stream");
    await saved;
    expect((await json(browser.clone(), "/")).model).toBe("explicitly");
    body.end();
    await streaming;
  });

  test("is saved if the handler fails afterwards", async () => {
    const { browser } = await setUp({
      "/fail": (ctx) => {
        sessionOf(ctx).values.model = "kept";
        throw new VisibleError(400, "no");
      },
    });
    expect((await browser.fetch("/fail", post)).status).toBe(400);
    expect((await json(browser, "/")).model).toBe("kept");
  });

  test("is detected although both texts have the same checksum", async () => {
    // Equal CRC-32, by which koa-session detects changes.
    const { browser } = await setUp({
      "/set": (ctx) => {
        sessionOf(ctx).values.word = ctx.query.word;
      },
    });
    for (const word of ["plumless", "buckeroo"]) {
      await browser.text(`/set?word=${word}`, post);
      expect((await json(browser, "/")).word).toBe(word);
    }
  });
});

describe("time-outs", () => {
  test("keeps a session alive that is only read", async () => {
    const { browser, clock } = await setUp();
    const { owner } = await json(browser, "/model?name=x", post);
    for (let i = 0; i < 9; i++) {
      clock.now += 90_000;
      expect((await json(browser, "/")).owner).toBe(owner);
    }
    clock.now += 101_000;
    expect((await json(browser, "/")).owner).not.toBe(owner);
  });

  test("expires a session at its absolute age, even if it is in use", async () => {
    const { browser, clock } = await setUp();
    const { owner } = await json(browser, "/");
    for (let n = 1; n <= 21; n++) {
      const saved = await json(browser, `/model?name=m${n}`, post);
      expect(saved.owner).toBe(owner);
      clock.now += 50_000;
    }
    expect((await json(browser, "/")).owner).not.toBe(owner);
  });
});

describe("values that koa-session cannot hold", () => {
  test.each(["save", "toJSON", "isNew", "maxAge", "length", "_private"])(
    "keeps the value %s",
    async (key) => {
      const { browser, store } = await setUp();
      await browser.text("/model?name=x", post);
      const id = browser.cookies.get("keepsake") ?? "";
      await store.save(id, {}, { [key]: "x", other: 1 });
      expect((await browser.fetch("/model?name=m", post)).status).toBe(200);
      const stored = await store.read(id);
      expect(stored?.values).toMatchObject({
        [key]: "x",
        other: 1,
        model: "m",
      });
    },
  );

  test("covers every name of koa-session's object", async () => {
    const names: string[] = [];
    const { browser, store } = await setUp({
      "/names": (ctx) => {
        const model: unknown = ctx.session;
        const prototype: unknown = Object.getPrototypeOf(model);
        names.push(...Object.getOwnPropertyNames(prototype), "isNew");
      },
    });
    await browser.text("/names", post);
    const id = browser.cookies.get("keepsake") ?? "";
    const values = Object.fromEntries(names.map((name) => [name, "x"]));
    await store.save(id, {}, values);
    expect((await browser.fetch("/model?name=m", post)).status).toBe(200);
    expect((await store.read(id))?.values).toMatchObject({ model: "m" });
  });
});

const asAnn = () => "ann";

const fails = (code: string) => () =>
  Promise.reject(Object.assign(new Error(code), { code }));

async function setUpFailing(code: string, calls: (keyof SessionStore)[]) {
  const { browser, options, store, lines } = await setUp();
  const { owner } = await json(browser, "/");
  const failing = Object.fromEntries(calls.map((call) => [call, fails(code)]));
  const origin = await serve(
    {},
    { ...options, store: { ...store, ...failing } },
  );
  const failed = browser.clone();
  Object.assign(failed, { origin });
  return { browser, failed, owner, lines, origin };
}

const refuse = () => {
  throw new VisibleError(429, "Too many sessions.");
};

describe("a store that fails", () => {
  test("reports a failed read, and keeps the visitor's session", async () => {
    const { browser, failed, owner } = await setUpFailing("ESTALE", ["read"]);
    const response = await failed.fetch("/");
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("can't be read at the moment");
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await json(browser, "/")).owner).toBe(owner);
  });

  test.each([...diskErrors, ["EUNHEARDOF", 503, "reports an error"] as const])(
    "serves pages and refuses changes if writes fail (%s)",
    async (code, status, why) => {
      const { browser, failed, owner } = await setUpFailing(code, ["save"]);
      expect(await json(failed, "/")).toMatchObject({ owner });
      const response = await failed.fetch("/model?name=lost", post);
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(why);
      expect(await json(browser, "/")).toEqual({ owner, versions: {} });
    },
  );

  test("serves a page that changes the session, although the change can't be saved", async () => {
    const { browser, options, store } = await setUp();
    await browser.text("/model?name=old", post);
    const save = jest.fn(fails("ENOSPC"));
    const origin = await serve({}, { ...options, store: { ...store, save } });
    const failed = browser.clone();
    Object.assign(failed, { origin });
    expect((await failed.fetch("/model?name=lost")).status).toBe(200);
    expect(save).toHaveBeenCalled();
    expect(await json(browser, "/")).toMatchObject({ model: "old" });
  });

  test("reports a failed creation on the page of a person, and refuses changes that would be lost", async () => {
    const { options } = await setUp();
    const store = { ...options.store, createOnce: fails("ENOSPC") };
    const origin = await serve({}, { ...options, store, signedInOwner: asAnn });
    const stranger = new Browser(origin);
    const page = await json(stranger, "/who");
    expect(page.problem).toContain("storage is full");
    expect((await stranger.fetch("/model?name=x", post)).status).toBe(507);
  });

  test("handles no form without a stored session", async () => {
    const { options } = await setUp();
    const store = { ...options.store, createOnce: fails("ENOSPC") };
    const handle = jest.fn();
    const origin = await serve({ "/send": handle }, { ...options, store });
    const answer = await new Browser(origin).fetch("/send", post);
    expect(answer.status).toBe(507);
    expect(handle).not.toHaveBeenCalled();
  });

  test("keeps the old session if Reset cannot create another", async () => {
    const { failed, browser, owner } = await setUpFailing("EIO", ["create"]);
    const response = await failed.fetch("/reset", post);
    expect(response.status).toBe(503);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await json(browser, "/")).owner).toBe(owner);
    expect((await json(failed, "/")).owner).toBe(owner);
  });

  test("takes nothing of a Reset that failed into the old session, although storage answers again at once", async () => {
    const { browser, options, store } = await setUp();
    await browser.text("/model?name=old", post);
    const before = await json(browser, "/");
    const create = jest
      .fn((...given: Parameters<SessionStore["create"]>) =>
        store.create(...given),
      )
      .mockImplementationOnce(fails("EIO"));
    const origin = await serve({}, { ...options, store: { ...store, create } });
    const unlucky = browser.clone();
    Object.assign(unlucky, { origin });
    expect((await unlucky.fetch("/reset", post)).status).toBe(503);
    expect(create).toHaveBeenCalledTimes(1);
    expect(await json(unlucky, "/")).toEqual(before);
    expect(await json(browser, "/")).toEqual(before);
  });

  test("keeps the old session, and makes none, if no other may be created at Reset", async () => {
    const { browser, options, store } = await setUp();
    const { owner } = await json(browser, "/");
    const create = jest.spyOn(store, "create");
    create.mockClear();
    const origin = await serve({}, { ...options, beforeCreation: refuse });
    const limited = browser.clone();
    Object.assign(limited, { origin });
    const refused = await limited.fetch("/reset", post);
    expect(refused.status).toBe(429);
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(create).not.toHaveBeenCalled();
    expect((await json(browser, "/")).owner).toBe(owner);
  });

  test("logs a failure with its cause, and without ids", async () => {
    const { failed, lines } = await setUpFailing("EIO", ["save"]);
    await failed.fetch("/model?name=x", post);
    const logged = lines.join("");
    expect(logged).toContain("failed to save session");
    expect(logged).toContain("EIO");
    const id = failed.cookies.get("keepsake") ?? "none";
    expect(logged).not.toContain(id);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      session: logIdOf(id, KEYS[0] ?? ""),
    });
  });
});
