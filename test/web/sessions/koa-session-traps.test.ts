import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import Keygrip from "keygrip";
import Koa, { type Context } from "koa";
import createKoaSession from "koa-session";
import pino from "pino";
import type { JsonObject } from "../../../app/core/storage/json";
import { createMemorySessionStore } from "../../../app/web/sessions/memory-session-store";
import { createSessions } from "../../../app/web/sessions/sessions";
import type { SessionStore } from "../../../app/web/sessions/session-store";
import { Browser } from "../../support/browser";
import { serveApp } from "../../support/session-app";
import { once } from "../../support/wait-for";

/*
 * Faults of unmodified koa-session on a minimal store, which Keepsake avoids. Each scenario runs on
 * both. If a scenario passes on koa-session, its guard in Keepsake is dead code.
 */

type Values = Record<string, unknown>;
const values = (ctx: Context) => ctx.session as Values;

const KEYS = ["a key of more than sixteen"];
const MAX_AGE_MS = 600_000;

/** An app under test, with access to its store. */
interface Made {
  use: Koa.Middleware;
  keys: Keygrip;
  /** Ids that the store received. */
  asked: string[];
  /** Writes values under an id without any checks. */
  plant: (id: string, planted: JsonObject) => Promise<unknown>;
}

/** koa-session with a Map, as in its documentation. */
const plain = (app: Koa) => onMap(app, {}, () => true);

/** The same with rolling sessions, on a store that skips writes which koa-session reports as unchanged. */
const sparing = (app: Koa) =>
  onMap(app, { rolling: true, renew: true }, (changed) => changed);

function onMap(
  app: Koa,
  more: object,
  isWritten: (changed: boolean) => boolean,
): Made {
  const keys = new Keygrip(KEYS);
  app.keys = keys;
  const map = new Map<string, unknown>();
  const asked: string[] = [];
  const store = {
    get: async (id: string) => {
      asked.push(id);
      return structuredClone(map.get(id));
    },
    set: async (
      id: string,
      session: unknown,
      _: unknown,
      { changed }: { changed: boolean },
    ) => {
      if (isWritten(changed)) map.set(id, structuredClone(session));
    },
    destroy: async (id: string) => void map.delete(id),
  };
  const options = { key: "keepsake", store, maxAge: MAX_AGE_MS, ...more };
  const use = createKoaSession(options, app) as Koa.Middleware;
  const plant = async (id: string, planted: object) => map.set(id, planted);
  return { use, keys, asked, plant };
}

function ours(app: Koa): Made {
  const lifetime = { idleMs: MAX_AGE_MS, absoluteMs: 3_600_000 };
  const store = createMemorySessionStore({ ...lifetime, now: Date.now });
  const asked: string[] = [];
  const watched: SessionStore = {
    ...store,
    read: (id) => {
      asked.push(id);
      return store.read(id);
    },
  };
  const log = pino({ level: "silent" });
  const options = { lifetime, store: watched, keys: KEYS, log, now: Date.now };
  const use = createSessions(app, options);
  const keys = new Keygrip(KEYS, "sha256", "base64");
  return {
    use,
    keys,
    asked,
    plant: (id, planted) => store.create(id, planted),
  };
}

interface Scenario extends Pick<Made, "keys" | "asked" | "plant"> {
  browser: Browser;
  /** Resumes a slow handler, and reports when it is reached. */
  signals: EventEmitter;
  /** Advances the clock. */
  pass: (ms: number) => void;
}

/** @returns True if the fault was avoided. */
type Trap = (scenario: Scenario) => Promise<boolean>;

const post = { method: "POST" };
const read = async (browser: Browser) =>
  JSON.parse(await browser.text("/read")) as Values;

/** Makes a cookie for a session, signed as the app signs it. */
function present({ browser, keys }: Scenario, id: string): void {
  browser.cookies.set("keepsake", id);
  browser.cookies.set("keepsake.sig", keys.sign(`keepsake=${id}`));
}

const handlers: Record<
  string,
  (ctx: Context, signals: EventEmitter) => unknown
> = {
  "/set": (ctx) => Object.assign(values(ctx), ctx.query),
  "/slow": async (ctx, signals) => {
    const before = { ...values(ctx) };
    signals.emit("reached");
    await once(signals, "go on");
    Object.assign(values(ctx), { slow: before.a ?? "nothing" });
  },
  "/save": async (ctx, signals) => {
    values(ctx).a = "saved";
    await ctx.session?.save();
    signals.emit("reached");
    await once(signals, "go on");
  },
  "/end": (ctx) => {
    ctx.session = null;
  },
  "/regenerate": (ctx) => ctx.session?.regenerate(),
  "/replace": (ctx) => {
    ctx.session = null;
    ctx.session = { who: "another" } as never;
  },
  "/stream": (ctx) => {
    const body = new PassThrough();
    ctx.body = body;
    body.write("first");
    setImmediate(() => {
      values(ctx).streamed = "yes";
      body.end("last");
    });
  },
  "/read": (ctx) => {
    ctx.body = ctx.session?.toJSON() ?? {};
  },
};

const slowly = async (
  { browser, signals }: Scenario,
  meanwhile: () => Promise<unknown>,
  path = "/slow",
) => {
  const reached = once(signals, "reached");
  const request = browser.fetch(path, post);
  await reached;
  await meanwhile();
  signals.emit("go on");
  await request;
};

const traps: Record<string, Trap> = {
  "a slow request recreates a deleted session": async (scenario) => {
    const { browser } = scenario;
    await browser.text("/set?a=1", post);
    const old = browser.clone();
    await slowly({ ...scenario, browser: old }, () =>
      browser.text("/end", post),
    );
    return (await read(old)).a === undefined;
  },

  "a request in flight undoes a change of id": async (scenario) => {
    const { browser } = scenario;
    await browser.text("/set?a=1", post);
    await slowly(scenario, async () => {
      await browser.text("/regenerate", post);
      await browser.text("/set?b=2", post);
    });
    return (await read(browser)).b === "2";
  },

  "a stale request overwrites a newer version": async (scenario) => {
    const { browser } = scenario;
    await browser.text("/set?a=1", post);
    await slowly(scenario, () => browser.text("/set?b=2", post));
    return (await read(browser)).b === "2";
  },

  "a replaced session object keeps the id": async ({ browser }) => {
    await browser.text("/set?a=1", post);
    const before = browser.cookies.get("keepsake");
    await browser.text("/replace", post);
    return browser.cookies.get("keepsake") !== before;
  },

  "a change made while a body streams is lost": async ({ browser }) => {
    await browser.text("/set?a=1", post);
    await browser.text("/stream");
    for (let i = 0; i < 20; i++) {
      if ((await read(browser)).streamed === "yes") return true;
    }
    return false;
  },

  "a session in use never expires": async ({ browser, pass }) => {
    await browser.text("/set?a=1", post);
    for (let n = 0; n < 13; n++) {
      await browser.text(`/set?n=${n}`, post);
      pass(300_000);
    }
    return (await read(browser)).a === undefined;
  },

  "the id has fewer than 160 bits": async ({ browser }) => {
    await browser.text("/set?a=1", post);
    return /^[a-z2-7]{32}$/.test(browser.cookies.get("keepsake") ?? "");
  },

  "a change whose checksum is the same is lost": async ({ browser }) => {
    await browser.text("/set?word=plumless", post);
    await browser.text("/set?word=buckeroo", post);
    return (await read(browser)).word === "buckeroo";
  },

  "a stored key __proto__ breaks every page": async (scenario) => {
    const { browser, plant } = scenario;
    const id = "a".repeat(32);
    const text = '{"owner":"o","versions":{},"__proto__":{"isAdmin":true}}';
    await plant(id, JSON.parse(text) as JsonObject);
    present(scenario, id);
    const response = await browser.fetch("/read");
    return (
      response.status === 200 && !(await response.text()).includes("Admin")
    );
  },

  "any text in the cookie reaches the store": async (scenario) => {
    present(scenario, "../../etc/passwd");
    await scenario.browser.text("/read");
    return !scenario.asked.includes("../../etc/passwd");
  },
};

/** Writes that koa-session reports as unchanged, and that a store must not skip. */
const unchanged: Record<string, Trap> = {
  "an explicit save is delayed until the request ends": async (scenario) => {
    await scenario.browser.text("/set?b=1", post);
    let during: Values = {};
    const other = scenario.browser.clone();
    await slowly(scenario, async () => (during = await read(other)), "/save");
    return during.a === "saved";
  },

  "a change of id loses the session's values": async ({ browser }) => {
    await browser.text("/set?a=1", post);
    await browser.text("/regenerate", post);
    return (await read(browser)).a === "1";
  },

  "a session that is only read expires": async ({ browser, pass }) => {
    await browser.text("/set?a=1", post);
    for (let n = 0; n < 4; n++) {
      pass(MAX_AGE_MS * 0.4);
      await read(browser);
    }
    return (await read(browser)).a === "1";
  },
};

/** The clock of these tests: real time plus an adjustable offset. */
function putForward(): { pass: (ms: number) => void; stop: () => void } {
  const now = Date.now;
  let passed = 0;
  const clock = jest.spyOn(Date, "now");
  clock.mockImplementation(() => now() + passed);
  return { pass: (ms) => (passed += ms), stop: () => clock.mockRestore() };
}

async function tryOut(make: (app: Koa) => Made, trap: Trap): Promise<boolean> {
  const { pass, stop } = putForward();
  const app = new Koa();
  app.on("error", () => undefined);
  const signals = new EventEmitter();
  const { use, ...made } = make(app);
  app.use(use);
  app.use(async (ctx) => {
    ctx.body = "";
    await handlers[ctx.path]?.(ctx, signals);
  });
  const { origin, close } = await serveApp(app);
  try {
    return await trap({ browser: new Browser(origin), signals, pass, ...made });
  } finally {
    stop();
    await close();
  }
}

describe.each(Object.entries(traps))("%s", (_, trap) => {
  test("happens with unmodified koa-session", async () => {
    expect(await tryOut(plain, trap)).toBe(false);
  });
  test("does not happen in Keepsake", async () => {
    expect(await tryOut(ours, trap)).toBe(true);
  });
});

describe.each(Object.entries(unchanged))("%s", (_, trap) => {
  test("happens with a store that skips writes reported as unchanged", async () => {
    expect(await tryOut(sparing, trap)).toBe(false);
  });
  test("does not happen in Keepsake", async () => {
    expect(await tryOut(ours, trap)).toBe(true);
  });
});
