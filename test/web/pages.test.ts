import { request } from "node:http";
import { failure } from "../support/scripted-stream";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";

useWeb();

/** The bytes transferred for an address: head and body, compressed as a browser requests. */
function weigh(
  path: string,
  cookie = "",
): Promise<{ bytes: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      "accept-encoding": "gzip, br",
      connection: "close",
      cookie,
    };
    const sent = request(web.address + path, { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const body = Buffer.concat(chunks);
        const head = answer.rawHeaders.join("").length;
        resolve({ bytes: head + body.length, body: body.toString("utf8") });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

const linked = (html: string) =>
  [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(
    ([, path = ""]) => path,
  );

describe("the first page", () => {
  it("transfers less than 30 KB, assets included, and a script below 14 KB", async () => {
    const html = await visitor.read("/");
    const urls = ["/", ...linked(html)];
    const parts = await Promise.all(urls.map((url) => weigh(url)));
    expect(parts).toHaveLength(4);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    expect(bytes).toBeLessThan(30_000);
    const script = parts[urls.findIndex((url) => url.endsWith(".js"))];
    expect(script?.bytes).toBeLessThan(14_000);
  });

  it("names no other host", async () => {
    const html = await visitor.read("/");
    const css = linked(html).find((path) => path.endsWith(".css")) ?? "";
    const style = await visitor.read(css);
    expect(html).not.toMatch(/(?:href|src|action)="(?:https?:)?\/\//);
    expect(style).not.toMatch(/url\(|@import/);
  });

  it("allows nothing inline, and has nothing inline", async () => {
    const answer = await visitor.get("/");
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const html = await answer.text();
    expect(html).not.toMatch(/ style=| on[a-z]+=|<style|<script(?![^>]*src)/);
  });

  it("forbids framing, sniffing and caching", async () => {
    const { headers } = await visitor.get("/");
    expect(headers.get("content-security-policy")).toContain(
      "frame-ancestors 'none'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("referrer-policy")).toBe("same-origin");
  });

  it("shows the host that served it and the session", async () => {
    const first = await visitor.read("/");
    const second = await visitor.read("/");
    expect(first).toContain("<dd>web-test</dd>");
    const [, id] = /<dt>Session<\/dt><dd>(\w+)/.exec(first) ?? [];
    expect(first).toContain("(new)");
    expect(second).toContain(`<dd>${id}</dd>`);
    expect(second).not.toContain("(new)");
  });

  it("sets HSTS and a __Host- cookie over TLS", async () => {
    const answer = await visitor.get("/", { "x-forwarded-proto": "https" });
    expect(answer.headers.get("strict-transport-security")).toBe(
      "max-age=31536000",
    );
    expect(visitor.cookies.has("__Host-keepsake")).toBe(true);
  });

  it("sets HSTS for subdomains if they are said to use TLS", async () => {
    await restartWeb({ hasTlsSubdomains: true });
    const answer = await visitor.get("/", { "x-forwarded-proto": "https" });
    expect(answer.headers.get("strict-transport-security")).toBe(
      "max-age=31536000; includeSubDomains",
    );
    const plain = await visitor.get("/");
    expect(plain.headers.get("strict-transport-security")).toBeNull();
  });
});

const stepWithCode = (step: number): string =>
  [
    `## Step ${step}`,
    "Some **words** about $x_1^2 + \\frac{a}{b}$ and `code`.",
    "```ts",
    ...Array.from(
      { length: 12 },
      (_, line) =>
        `export const name${step}${line} = (a: number): string => \`\${a + ${line}}\`; // why`,
    ),
    "```",
    "$$\\sum_{i=1}^n \\int_0^\\infty e^{-x^2}\\,dx = \\sqrt{\\pi}$$",
  ].join("\n");

describe("a conversation with code and formulas", () => {
  const steps = Array.from({ length: 12 }, (_, step) => stepWithCode(step));
  const reply = steps.join("\n\n");

  it("transfers less than 60 KB, assets included", async () => {
    web.api.script = () => [reply];
    const address = await visitor.begin("code and formulas");
    await visitor.read(address);
    const html = await visitor.read(address);
    expect(html.match(/<math/g)).toHaveLength(24);
    expect(html.match(/class="k"/g)?.length).toBeGreaterThan(250);
    const cookie = [...visitor.cookies]
      .map((pair) => pair.join("="))
      .join("; ");
    const paths = [address, ...linked(html)];
    expect(paths).toHaveLength(5);
    const parts = await Promise.all(paths.map((path) => weigh(path, cookie)));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    expect(parts[0]?.bytes).toBeGreaterThan(2_000);
    expect(bytes).toBeLessThan(60_000);
  });

  it("loads the style sheet for them, which other pages don't load", async () => {
    web.api.script = () => ["Plain words."];
    const plain = await visitor.begin("hello");
    await visitor.read(plain);
    expect(await visitor.read(plain)).not.toContain("/assets/rich.");
    expect(await visitor.read("/")).not.toContain("/assets/rich.");
    web.api.script = () => ["A formula: $x^2$"];
    const rich = await visitor.begin("hello");
    await visitor.read(rich);
    expect(await visitor.read(rich)).toContain("/assets/rich.");
  });
});

describe("a static file", () => {
  it("is cached permanently, because its address changes with it", async () => {
    for (const path of linked(await visitor.read("/"))) {
      const { headers } = await visitor.get(path);
      expect(headers.get("cache-control")).toContain("immutable");
      expect(headers.get("content-encoding")).toMatch(/br|gzip/);
    }
  });

  it("answers an address of another version with its own file, uncached", async () => {
    const answer = await visitor.get("/assets/keepsake.0123456789.css");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it.each(["/assets/../createWebApp.js", "/assets/x.1.css", "/assets/"])(
    "answers 404 for a missing file: %s",
    async (path) => {
      expect((await visitor.get(path)).status).toBe(404);
    },
  );
});

describe("a conversation", () => {
  it("has a title, an entry in the list, and one article for each message", async () => {
    const address = await visitor.begin("What is a keepsake?");
    const page = await visitor.read(address);
    expect(page).toContain("<h1>What is a keepsake?</h1>");
    expect(page).toContain(`href="${address}" aria-current="page"`);
    expect(page.match(/<article/g)).toHaveLength(2);
    expect(await visitor.read("/")).toContain("What is a keepsake?");
  });

  it("shows its messages in pages, newest first", async () => {
    const address = await visitor.begin("message 1");
    for (let i = 2; i <= 30; i++) {
      await visitor.post(`${address}/messages`, { message: `message ${i}` });
      await visitor.read(address);
    }
    const newest = await visitor.read(address);
    expect(newest.match(/<article/g)).toHaveLength(40);
    expect(newest).toContain(">message 30<");
    const [, older = ""] = /href="([^"]*before=\d+)"/.exec(newest) ?? [];
    const oldest = await visitor.read(older);
    expect(oldest.match(/<article/g)).toHaveLength(20);
    expect(oldest).toContain(">message 1<");
    expect(oldest).toContain("Jump to latest");
  });

  it("compresses a long page", async () => {
    const address = await visitor.begin("a long message ".repeat(2_000));
    const answer = await visitor.get(address, { "accept-encoding": "br" });
    expect(answer.headers.get("content-encoding")).toBe("br");
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(await answer.text()).toContain("a long message a long message");
  });

  it("is renamed, moved, set, deleted and restored by forms alone", async () => {
    const address = await visitor.begin("hello");
    await visitor.post(`${address}/rename`, { title: "Greetings & more" });
    expect(await visitor.read("/")).toContain("Greetings &amp; more");

    const project = await visitor.post("/projects", { name: "Letters" });
    const home = project.headers.get("location") ?? "";
    await visitor.post(`${address}/move`, {
      project: home.split("/")[2] ?? "",
    });
    expect(await visitor.read(home)).toContain(`href="${address}"`);

    await visitor.post(`${address}/options`, {
      maxTokens: "50",
      temperature: "0.5",
    });
    const page = await visitor.read(address);
    expect(page).toContain('value="50"');
    expect(page).toContain('value="0.5"');

    const deleted = await visitor.post(`${address}/delete`, {});
    const after = await visitor.read(deleted.headers.get("location") ?? "");
    expect(after).not.toContain("Greetings");
    expect(after).toContain(`action="${address}/restore"`);
    await visitor.post(`${address}/restore`, {});
    expect(await visitor.read("/")).toContain("Greetings");
    // An address that was kept, or made up, says nothing of what was deleted.
    for (const id of [address.split("/")[2], "a".repeat(26), "x"]) {
      const start = await visitor.read(`/?deleted=${id}`);
      expect(start).not.toContain("Conversation deleted");
    }
  });

  it("reports an invalid cursor of the list", async () => {
    const answer = await visitor.get("/conversations?cursor=zzz");
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("This link doesn’t work.");
  });

  it("offers the model picker beside the message box, also without a script", async () => {
    const composer = /<form[^>]* id="composer">[^]*?<\/form>/;
    for (const path of ["/", await visitor.begin("hello")]) {
      const [form = ""] = composer.exec(await visitor.read(path)) ?? [];
      expect(form).toContain('name="model" aria-label="Model"');
    }
    await visitor.post("/session/model", { model: "eliza/two" });
    expect(await visitor.read("/")).toContain('"eliza/two" selected');
  });

  it("keeps its own model, while new conversations use the last choice", async () => {
    const first = await visitor.begin("hello");
    const answer = await visitor.post("/conversations", {
      message: "hello",
      model: "eliza/two",
    });
    const second = answer.headers.get("location") ?? "";
    expect(await visitor.read(first)).toContain('"eliza/one" selected');
    expect(await visitor.read(second)).toContain('"eliza/two" selected');
    expect(await visitor.read("/")).toContain('"eliza/two" selected');
    await visitor.post(`${first}/messages`, {
      message: "now you",
      model: "eliza/two",
      modelWas: "eliza/one",
    });
    expect(await visitor.read(first)).toContain('"eliza/two" selected');
  });

  it("stays readable when its model is withdrawn, and offers another model", async () => {
    const address = await visitor.begin("hello");
    web.api.models = web.api.models.slice(1);
    const page = await visitor.read(address);
    expect(page).toContain("You said: hello");
    expect(page).toContain("is no longer available");
    expect(page).toContain('"eliza/two" selected');
    await visitor.post(`${address}/messages`, {
      message: "go on",
      model: "eliza/two",
      modelWas: "eliza/one",
    });
    expect(await visitor.read(address)).not.toContain("any more");
  });
});

it("creates, uses, changes and deletes a project by forms alone", async () => {
  const made = await visitor.post("/projects", {
    name: "Letters",
    instructions: "Be <brief>.",
  });
  const address = made.headers.get("location") ?? "";
  const page = await visitor.read(`${address}?tab=instructions`);
  expect(page).toContain("Be &lt;brief&gt;.</textarea>");
  const begun = await visitor.post("/conversations", {
    message: "Dear all",
    project: address.split("/")[2] ?? "",
  });
  expect(await visitor.read(address)).toContain("Dear all");
  await visitor.post(address, { name: "Cards", instructions: "" });
  expect(await visitor.read("/")).toContain("Cards");
  await visitor.post(`${address}/delete`, {});
  expect((await visitor.get(address)).status).toBe(404);
  const kept = await visitor.get(begun.headers.get("location") ?? "");
  expect(kept.status).toBe(200);
});

it("marks search results, and links to them", async () => {
  const address = await visitor.begin("Where is the needle in this?");
  const page = await visitor.read("/search?q=needle");
  expect(page).toContain("<mark>needle</mark>");
  expect(page).toContain(`${address}?message=1&amp;find=needle#hit-1`);
  expect(await visitor.read("/search?q=straw")).toContain("No results for");
  expect((await visitor.get(`/search?q=${"x".repeat(201)}`)).status).toBe(400);
});

it("shows what was found in a reply as text, with the name of its model", async () => {
  web.api.script = () => ["| No. | Item |\n| ---: | --- |\n| 1 | needle |"];
  await visitor.read(await visitor.begin("a table"));
  const page = await visitor.read("/search?q=needle");
  expect(page).toContain("<b>Model one</b> <bdi>No. · Item");
  expect(page).toContain("1 · <mark>needle</mark>");
});

it("names the author of a reply Reply where the backend omits the model", async () => {
  const { api } = web;
  const search = api.search.bind(api);
  api.search = async (...asked) => {
    const { results, complete } = await search(...asked);
    const anonymous = results.map((found) => ({
      ...found,
      excerpts: found.excerpts.map((it) => ({ ...it, modelName: undefined })),
    }));
    return { results: anonymous, complete };
  };
  await visitor.read(await visitor.begin("needle"));
  const page = await visitor.read("/search?q=needle");
  expect(page).toContain("<b>You</b>");
  expect(page).toContain("<b>Reply</b>");
});

it("says that a search did not reach the oldest messages", async () => {
  const { api } = web;
  const search = api.search.bind(api);
  const told = "Only the most recent messages were searched.";
  await visitor.begin("needle");
  expect(await visitor.read("/search?q=needle")).not.toContain(told);
  api.search = async (...asked) => ({
    ...(await search(...asked)),
    complete: false,
  });
  expect(await visitor.read("/search?q=needle")).toContain(told);
});

it("lists a record that came from the cache once among the API calls", async () => {
  await visitor.begin("hello");
  const page = await visitor.read("/");
  const cached = [...page.matchAll(/>(\w+) <span>from the cache/g)];
  const names = cached.map(([, name]) => name);
  expect(names).toEqual([...new Set(names)]);
});

it("describes Reset session by its consequences, behind a first step", async () => {
  const page = await visitor.read("/");
  const [, id = ""] =
    /aria-describedby="([^"]+)">Reset session</.exec(page) ?? [];
  expect(page).toContain(`id="${id}">Removes access to all conversations`);
  expect(page).toMatch(/<details class="reset">[^]+>Reset session<\/button>/);
});

it("starts a new session with an empty list on reset", async () => {
  const address = await visitor.begin("hello");
  const before = visitor.cookies.get("keepsake");
  const answer = await visitor.post("/session/reset", {});
  expect(answer.status).toBe(303);
  expect(visitor.cookies.get("keepsake")).not.toBe(before);
  expect(await visitor.read("/")).not.toContain("hello");
  expect((await visitor.get(address)).status).toBe(404);
});

it("gives each request an id, and reports the duration of API calls", async () => {
  const given = await visitor.get("/", { "x-request-id": "abcdefgh-1" });
  expect(given.headers.get("x-request-id")).toBe("abcdefgh-1");
  expect(given.headers.get("server-timing")).toContain("total;dur=");
  const made = await visitor.get("/", { "x-request-id": "<script>" });
  expect(made.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
});

it("sends a reply's Markdown as it was written, of messages and of a failed reply", async () => {
  const text = "**bold**\n\n```js\nlet x = '<b>';\n```\n";
  web.api.script = () => [text];
  const address = await visitor.begin("hello");
  expect(await visitor.read(address)).toContain(
    `data-source="${address}/replies/2/source"`,
  );
  web.api.script = () => [text, failure("No model.")];
  await visitor.post(`${address}/messages`, { message: "more" });
  await visitor.read(address);
  for (const number of [2, 4]) {
    const answer = await visitor.get(`${address}/replies/${number}/source`);
    expect(answer.headers.get("content-type")).toMatch("text/plain");
    expect(await answer.text()).toBe(text);
  }
  const missing = await visitor.get(`${address}/replies/6/source`);
  expect(missing.status).toBe(404);
});

it.each(["\u200b\u2060", "\u3164", "\u2800 \u00ad"])(
  "shows a title and a name without a visible character as Untitled: %j",
  async (title) => {
    const address = await visitor.begin("hello");
    const created = await visitor.post("/projects", { name: "Letters" });
    const project = created.headers.get("location") ?? "";
    const { api } = web;
    const list = api.listConversations.bind(api);
    const overview = api.readOverview.bind(api);
    // As an earlier version of the program stored them.
    api.listConversations = async (...asked) => {
      const { conversations, ...rest } = await list(...asked);
      return { ...rest, conversations: conversations.map(untitled) };
    };
    api.readOverview = async (...asked) => {
      const { conversations, projects, ...rest } = await overview(...asked);
      return {
        ...rest,
        conversations: conversations.map(untitled),
        projects: projects.map((one) => ({ ...one, name: title })),
      };
    };
    const untitled = <T>(conversation: T) => ({ ...conversation, title });
    for (const path of ["/", "/conversations"]) {
      const page = await visitor.read(path);
      expect(page).toContain(`href="${address}">Untitled</a>`);
      expect(page).toContain(`href="${project}">Untitled</a>`);
    }
  },
);

describe("a reply that broke off", () => {
  it.each([
    ["A beginning", "Interrupted. The model is gone."],
    ["", "No reply. The model is gone."],
  ])("stays in the conversation with its notice: %j", async (text, notice) => {
    const reason = "The model is gone.";
    web.api.script = () => [text, failure(reason)];
    const address = await visitor.begin("hello");
    await visitor.read(address);
    web.api.script = () => ["Here I am."];
    await visitor.post(`${address}/messages`, { message: "And now?" });
    const page = await visitor.read(address);
    expect(page).toContain(text);
    expect(page).toContain(`<p class="notice">${notice}</p>`);
    expect(page).toContain('data-outcome="failed"');
    expect(page).not.toContain("/replies/2/retry");
  });
});
