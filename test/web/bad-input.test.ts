import { type IncomingMessage, request } from "node:http";
import { VisibleError } from "../../app/core/domain/errors";
import { limits } from "../../app/core/domain/records";
import { HttpVisitor } from "../support/http-visitor";
import { startWeb, useWeb, visitor, web } from "../support/start-web";
import { scriptedStream } from "../support/scripted-stream";
import { once } from "../support/wait-for";

useWeb({
  allowedHosts: ["127.0.0.1", "localhost"],
  allowedOrigins: ["https://allowed.example.com"],
});

const unknown = "/conversations/aaaaaaaaaaaaaaaaaaaaaaaaaa";

describe("a prompt", () => {
  it("refuses an empty message with a remedy", async () => {
    const answer = await visitor.post("/conversations", { message: " \n" });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("The message is empty.");
  });

  it("refuses a message of a megabyte, and returns all of it", async () => {
    const message = "é<b>".repeat(256 * 1024);
    const answer = await visitor.post("/conversations", { message });
    expect(answer.status).toBe(413);
    const page = await answer.text();
    expect(page).toContain("The message is too long");
    expect(page).toContain("é&lt;b&gt;".repeat(256 * 1024));
  });

  it("refuses a huge body, and keeps running", async () => {
    const answer = await visitor.post("/conversations", {
      message: "x".repeat(9 * 1024 * 1024),
    });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("more than can be sent at once");
  });

  it("refuses a body that is not UTF-8, with a message", async () => {
    const answer = await visitor.post("/conversations", "message=%C3%28");
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("not valid UTF-8");
  });

  it("refuses a body of another content type", async () => {
    const answer = await visitor.post("/conversations", '{"message":"x"}', {
      "content-type": "application/json",
    });
    expect(answer.status).toBe(415);
  });

  it("keeps a message's line breaks, percent signs and plus signs", async () => {
    const address = await visitor.begin("a\r\nb %41 + & = 😀");
    expect(await visitor.read(address)).toContain(
      "a\nb %41 + &amp; = 😀</div>",
    );
  });

  it("saves a message once if it is sent twice", async () => {
    const address = await visitor.begin("first");
    const form = { message: "second", key: "k".repeat(36) };
    await visitor.post(`${address}/messages`, form);
    await visitor.post(`${address}/messages`, form);
    const page = await visitor.read(address);
    expect(page.match(/from-you/g)).toHaveLength(2);
  });

  it("saves a message that was changed before a resend as another message", async () => {
    const address = await visitor.begin("first");
    const key = "k".repeat(36);
    await visitor.post(`${address}/messages`, { message: "second", key });
    await visitor.post(`${address}/messages`, { message: "third", key });
    expect(await visitor.read(address)).toContain("third");
  });

  it("returns the text of a message that is sent when the queue is full", async () => {
    web.api.script = () =>
      scriptedStream(["a reply that never comes"]).script();
    const address = await visitor.begin("first");
    for (let sent = 0; sent < limits.queuedPrompts; sent++) {
      const queued = await visitor.post(`${address}/messages`, {
        message: `message ${sent}`,
      });
      expect(queued.status).toBe(303);
    }
    const answer = await visitor.post(`${address}/messages`, {
      message: "too early",
    });
    expect(answer.status).toBe(409);
    const page = await answer.text();
    expect(page).toContain("<h1>Conflict</h1>");
    expect(page).toMatch(/<textarea[^>]*>\ntoo early</);
  });
});

describe("a page", () => {
  it.each([
    unknown,
    "/conversations/../../etc/passwd",
    "/conversations/x",
    "/projects/aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "/nothing",
    `${unknown}/replies/2/events`,
    `${unknown}/replies/x/events`,
  ])("reports a missing page: %s", async (path) => {
    const answer = await visitor.get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("Start a new conversation");
  });

  it.each(["?before=x", "?before=0", "?before=-1", "?before=1e400"])(
    "refuses an invalid address: %s",
    async (query) => {
      const address = await visitor.begin("hello");
      expect((await visitor.get(address + query)).status).toBe(400);
    },
  );

  it("escapes the text of visitors and models", async () => {
    web.api.script = () => ["<script>alert(1)</script>"];
    const address = await visitor.begin('"><script>alert(2)</script>');
    for (const path of [address, "/", "/search?q=<script>alert(2)"]) {
      expect(await visitor.read(path)).not.toContain("<script>alert");
    }
  });
});

describe("another owner's conversation", () => {
  it.each([
    ["GET", ""],
    ["GET", "/replies/2/events"],
    ["POST", "/messages"],
    ["POST", "/replies/2/stop"],
    ["POST", "/replies/2/retry"],
    ["POST", "/rename"],
    ["POST", "/move"],
    ["POST", "/options"],
    ["POST", "/delete"],
    ["POST", "/restore"],
  ])("is not reachable for another visitor: %s %s", async (method, path) => {
    const address = await visitor.begin("a secret");
    const other = new HttpVisitor(web.address);
    const answer =
      method === "GET"
        ? await other.get(address + path)
        : await other.post(address + path, { message: "x", title: "x" });
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain("a secret");
    expect(await other.read("/")).not.toContain("a secret");
    expect(await visitor.read(address)).toContain("a secret");
  });
});

describe("a cookie", () => {
  it.each([
    "../../../../etc/passwd",
    "..%2f..%2fetc",
    "a".repeat(32),
    "x".repeat(3_000),
    "__proto__",
  ])("that we never gave out is never adopted: %s", async (value) => {
    const page = await visitor.get("/", {
      cookie: `keepsake=${value}; keepsake.sig=${"a".repeat(43)}`,
    });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("(new)");
    expect(visitor.cookies.get("keepsake")).not.toBe(value);
  });

  it("starts a new session for the cookie of a deleted session", async () => {
    const address = await visitor.begin("hello");
    const stale = new Map(visitor.cookies);
    await visitor.post("/session/reset", {});
    expect(await visitor.read("/")).not.toContain("hello");
    stale.forEach((value, name) => visitor.cookies.set(name, value));
    expect((await visitor.get(address)).status).toBe(404);
  });
});

describe("an address", () => {
  it.each(["/favicon.ico", "/wp-login.php", "/conversation"])(
    "answers 404 at %s, and creates no session",
    async (path) => {
      const answer = await fetch(web.address + path);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain("This page does not exist");
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );

  it("answers 405 with the allowed methods", async () => {
    const answer = await visitor.post("/search", {});
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("HEAD, GET");
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe("a form", () => {
  it.each<[string, Record<string, string>]>([
    ["another origin", { origin: "https://example.org" }],
    ["an opaque origin", { origin: "null" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["another site, by Sec-Fetch-Site", { "sec-fetch-site": "cross-site" }],
    ["a sibling domain", { "sec-fetch-site": "same-site" }],
  ])("refuses a form from %s", async (_, headers) => {
    const { origin, ...others } = headers;
    const sent = await fetch(`${web.address}/conversations`, {
      method: "POST",
      body: "message=x",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: origin ?? web.address,
        ...others,
      },
    });
    expect(sent.status).toBe(403);
    const page = await sent.text();
    expect(page).toContain("<h1>Not allowed</h1>");
    expect(page).toContain("Cross-site request blocked");
  });

  it.each<[string, Record<string, string>]>([
    ["a client without origin headers", {}],
    [
      "a browser that hides origins",
      { origin: "null", "sec-fetch-site": "same-origin" },
    ],
    ["this origin", { "sec-fetch-site": "same-origin" }],
    [
      "this origin in the browser's view, through a proxy that changes Host",
      { origin: "https://chat.example.com", "sec-fetch-site": "same-origin" },
    ],
    [
      "the host that a proxy forwards",
      {
        origin: "https://chat.example.com:8443",
        "x-forwarded-host": "chat.example.com:8443",
      },
    ],
    ["an allowed origin", { origin: "https://allowed.example.com" }],
  ])("accepts a form from %s", async (_, headers) => {
    await visitor.get("/");
    const sent = await fetch(`${web.address}/conversations`, {
      method: "POST",
      body: "message=x",
      redirect: "manual",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: visitor.cookie,
        ...headers,
      },
    });
    expect(sent.status).toBe(303);
  });

  it("refuses a form with the setting's name if only a proxy can explain the host", async () => {
    const sent = await visitor.post(
      "/conversations",
      { message: "x" },
      { origin: "https://chat.example.com" },
    );
    expect(sent.status).toBe(403);
    expect(await sent.text()).toContain(
      "set ALLOWED_ORIGINS to https://chat.example.com",
    );
  });

  it("accepts a form whose host has its scheme's standard port", async () => {
    await visitor.get("/");
    const { cookie } = visitor;
    const [answer] = (await once(
      request(`${web.address}/session/reset`, {
        method: "POST",
        headers: { cookie, origin: "http://localhost", host: "LOCALHOST:80" },
      }).end(),
      "response",
    )) as [IncomingMessage];
    expect(answer.resume().statusCode).toBe(303);
  });
});

describe("without a backend", () => {
  const fault = new VisibleError(503, "The backend can't be reached just now.");

  it("shows a page with a message, a retry and the message box while the backend is down", async () => {
    web.api.fault = fault;
    const answer = await visitor.get("/");
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(page).toContain("The backend can&#39;t be reached just now.");
    expect(page).toContain("Try again");
    expect(page).toContain('name="message"');
  });

  it("answers 503 and a retry for a conversation while the backend is down", async () => {
    web.api.fault = fault;
    const answer = await visitor.get(unknown);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    const page = await answer.text();
    expect(page).toContain("<h1>Unavailable</h1>");
    expect(page).toContain(`href="${unknown}">Try again`);
  });

  it("returns the typed text while the backend is down, and saves it later", async () => {
    web.api.fault = fault;
    const form = { message: "not <lost>", key: "k".repeat(36) };
    const answer = await visitor.post("/conversations", form);
    const page = await answer.text();
    expect(answer.status).toBe(503);
    expect(page).toContain("not &lt;lost&gt;</textarea>");
    expect(page).toContain(`value="${form.key}"`);
    expect(page).toContain("Nothing was lost.");
    web.api.fault = undefined;
    expect((await visitor.post("/conversations", form)).status).toBe(303);
  });

  it("reports a full disk, and returns the typed text", async () => {
    web.api.fault = new VisibleError(507, "The server's storage is full.");
    const form = { message: "not lost", key: "f".repeat(36) };
    const answer = await visitor.post("/conversations", form);
    const page = await answer.text();
    expect(answer.status).toBe(507);
    expect(page).toContain("storage is full");
    expect(page).toContain("not lost</textarea>");
    web.api.fault = undefined;
    expect((await visitor.post("/conversations", form)).status).toBe(303);
  });

  it("stays ready while the backend is down, and names it", async () => {
    web.api.fault = fault;
    const answer = await visitor.get("/readyz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ backend: "not reachable" });
  });

  it("answers readiness although the call to the backend hangs", async () => {
    web.api.isReady = () => new Promise<never>(() => undefined);
    const answer = await visitor.get("/readyz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ backend: "not reachable" });
  });
});

it("logs a fault, and shows the visitor none of it", async () => {
  web.api.fault = new Error("the password is hunter2");
  const answer = await visitor.get(unknown);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("hunter2");
});

it("is unready, with a reason, during a drain", async () => {
  const draining = await startWeb({ whyNotReady: () => "draining" });
  const answer = await fetch(`${draining.address}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    reason: "draining",
  });
  expect((await fetch(`${draining.address}/livez`)).status).toBe(200);
  await draining.close();
});

describe("an invalid setting is refused", () => {
  it.each([
    ["rename", { title: " " }],
    ["rename", { title: "x".repeat(201) }],
    ["options", { maxTokens: "0" }],
    ["options", { maxTokens: "1.5" }],
    ["options", { temperature: "2.1" }],
    ["options", { temperature: "warm" }],
    ["model", { model: "eliza/unknown" }],
  ])("%s %j", async (path, form) => {
    const address = await visitor.begin("hello");
    const answer = await visitor.post(`${address}/${path}`, form);
    expect(answer.status).toBe(400);
  });

  it("a temperature that this model does not take", async () => {
    const address = await visitor.begin("hello");
    const form = { temperature: "1.5" };
    const answer = await visitor.post(`${address}/options`, form);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain("to 1 (creative) for Model one");
  });

  it.each([
    [{ name: "" }, 400],
    [{ name: "x".repeat(101) }, 400],
    [{ name: "x", instructions: "é".repeat(9_000) }, 413],
  ])("project %#", async (form, status) => {
    expect((await visitor.post("/projects", form)).status).toBe(status);
  });
});
