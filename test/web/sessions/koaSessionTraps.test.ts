import { EventEmitter, once } from "node:events";
import { PassThrough } from "node:stream";
import Koa, { type Context } from "koa";
import createKoaSession from "koa-session";
import pino from "pino";
import { createMemorySessionStore } from "../../../app/web/sessions/memorySessionStore";
import { createSessions } from "../../../app/web/sessions/sessions";
import { Browser } from "../../support/browser";
import { serveApp } from "../../support/sessionApp";

/*
 * What goes wrong with koa-session as it is, on the plainest of stores, and does not with ours:
 * each scenario is run on both. If one stopped failing on the plain one, what guards against it
 * here would guard against nothing.
 */

type Values = Record<string, unknown>;
const values = (ctx: Context) => ctx.session as unknown as Values;

/** koa-session with a Map, as its documentation has it. */
function plain(app: Koa): { use: Koa.Middleware; kept: () => string } {
  app.keys = ["a key of more than sixteen"];
  const map = new Map<string, unknown>();
  const store = {
    get: async (id: string) => structuredClone(map.get(id)),
    set: async (id: string, session: unknown) =>
      void map.set(id, structuredClone(session)),
    destroy: async (id: string) => void map.delete(id),
  };
  const options = { key: "keepsake", store, maxAge: 600_000 };
  return {
    use: createKoaSession(options, app) as Koa.Middleware,
    kept: () => JSON.stringify([...map]),
  };
}

function ours(app: Koa): { use: Koa.Middleware; kept: () => string } {
  const lifetime = { idleMs: 600_000, absoluteMs: 3_600_000 };
  const store = createMemorySessionStore({ ...lifetime, now: Date.now });
  const log = pino({ level: "silent" });
  const keys = ["a key of more than sixteen"];
  const options = { lifetime, store, keys, log, now: Date.now };
  return { use: createSessions(app, options), kept: () => "" };
}

interface Scenario {
  browser: Browser;
  /** Makes a slow handler go on, and says when it is reached. */
  signals: EventEmitter;
  /** Lets so many milliseconds pass. */
  pass: (ms: number) => void;
}

/** @returns Whether the trap was closed. */
type Trap = (scenario: Scenario) => Promise<boolean>;

const post = { method: "POST" };
const read = async (browser: Browser) =>
  JSON.parse(await browser.text("/read")) as Values;

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
) => {
  const reached = once(signals, "reached");
  const request = browser.fetch("/slow", post);
  await reached;
  await meanwhile();
  signals.emit("go on");
  await request;
};

const traps: Record<string, Trap> = {
  "a slow request brings an ended session back": async (scenario) => {
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

  "a stale request writes back over a newer one": async (scenario) => {
    const { browser } = scenario;
    await browser.text("/set?a=1", post);
    await slowly(scenario, () => browser.text("/set?b=2", post));
    return (await read(browser)).b === "2";
  },

  "another object in its place keeps the id": async ({ browser }) => {
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

  "a session lives for ever if it is used": async ({ browser, pass }) => {
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
};

/** The clock of all that runs here, which goes on as it does and can be put forward. */
function putForward(): { pass: (ms: number) => void; stop: () => void } {
  const now = Date.now;
  let passed = 0;
  const clock = jest.spyOn(Date, "now");
  clock.mockImplementation(() => now() + passed);
  return { pass: (ms) => (passed += ms), stop: () => clock.mockRestore() };
}

async function tryOut(make: typeof plain, trap: Trap): Promise<boolean> {
  const { pass, stop } = putForward();
  const app = new Koa();
  app.on("error", () => undefined);
  const signals = new EventEmitter();
  app.use(make(app).use);
  app.use(async (ctx) => {
    ctx.body = "";
    await handlers[ctx.path]?.(ctx, signals);
  });
  const { origin, close } = await serveApp(app);
  try {
    return await trap({ browser: new Browser(origin), signals, pass });
  } finally {
    stop();
    await close();
  }
}

describe.each(Object.entries(traps))("%s", (_, trap) => {
  test("with koa-session as it is", async () => {
    expect(await tryOut(plain, trap)).toBe(false);
  });
  test("but not here", async () => {
    expect(await tryOut(ours, trap)).toBe(true);
  });
});
