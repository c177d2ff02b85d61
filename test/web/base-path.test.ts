import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { everywhere, useWeb, visitor, web } from "../support/start-web";

const WEB = path.join(__dirname, "../../app/web");
const everyFile = (folder: string, extension: string) =>
  readdirSync(path.join(WEB, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => path.join(folder, name));
const textOf = (file: string) => readFileSync(path.join(WEB, file), "utf8");

describe("addresses in the source", () => {
  /** Attributes that hold an address. */
  const ATTRIBUTE =
    /\b(?:href|src|action|formaction|data-(?:source|save|events|script|style|done))="([^"]*)"/g;
  /** The base path and what follows it, an asset, a place on the same page or its query, or another site. */
  const ALLOWED =
    /^(?:\{\{ (?:base|asset\('[\w.-]+'\)|signOutUrl|prompt\.href|composer\.prompts) \}\}|#|$|\{% if picker\.saveAt %\}\{\{ base \}\}|\{\{ '#)/;

  it.each(everyFile("views", ".njk"))(
    "%s begins each with the base",
    (file) => {
      const addresses = [...textOf(file).matchAll(ATTRIBUTE)].map(
        ([, address = ""]) => address,
      );
      expect(addresses.filter((address) => !ALLOWED.test(address))).toEqual([]);
    },
  );

  it.each(everyFile("public/script", ".js"))("%s has none by hand", (file) => {
    // A string that begins with a slash and a letter, and the parts of a template literal do.
    const code = textOf(file).replaceAll(/`[^`]*\$\{base\}\/[^`]*`/g, "");
    expect(code.match(/["'`]\/[a-z]\w*(?:["'`/?]|\$\{)/g) ?? []).toEqual([]);
  });
});

/** Asks without the path that the visitor's address has. */
const outside = (address: string) =>
  fetch(new URL(address, web.address), { redirect: "manual" });

describe("below a path", () => {
  useWeb({ basePath: "/chat" });

  it("begins every address of its pages with it", async () => {
    const conversation = await visitor.begin("hello");
    const pages = [
      "/",
      conversation,
      `${conversation}?message=1&edit=1`,
      `${conversation}/rename`,
      `${conversation}/move`,
      "/conversations",
      "/projects",
      "/search?q=hello",
      "/settings",
      "/data",
      "/data/delete",
      "/nowhere",
    ];
    for (const page of pages) {
      const html = await visitor.read(page);
      const addresses = [
        ...html.matchAll(
          /\b(?:href|src|action|formaction|data-\w+)="(\/[^"]*)"/g,
        ),
      ].map(([, address = ""]) => address);
      expect(addresses.length).toBeGreaterThan(2);
      expect(addresses.filter((one) => !one.startsWith("/chat/"))).toEqual([]);
    }
  });

  it("begins the addresses of an export with it", async () => {
    const begun = await visitor.begin("hello");
    const shared = await visitor.post(`${begun}/share`, {});
    expect(shared.status).toBe(303);
    const text = await visitor.read("/data/download");
    expect(text).toMatch(/"href":"\/chat\/shared\/[a-z2-7]{26}"/);
  });

  it("redirects to addresses with it, and confines its cookies to it", async () => {
    const answer = await visitor.post("/conversations", { message: "hello" });
    expect(answer.headers.get("location")).toMatch(
      /^\/chat\/conversations\/[a-z2-7]{26}$/,
    );
    const page = await outside("/chat/?script=off");
    expect(page.headers.get("location")).toBe("/chat/");
    const first = await outside("/chat/");
    const cookies = [
      ...page.headers.getSetCookie(),
      ...first.headers.getSetCookie(),
    ];
    expect(cookies.length).toBeGreaterThan(1);
    for (const cookie of cookies)
      expect(cookie).toMatch(/; path=\/chat\/(;|$)/);
  });

  it("names its cookie over TLS so that browsers accept it with a path", async () => {
    const headers = { "x-forwarded-proto": "https" };
    await visitor.get("/", headers);
    expect([...visitor.cookies.keys()]).toContain("__Secure-keepsake");
    expect(
      (await visitor.get("/nowhere", { ...headers, accept: "text/html" }))
        .status,
    ).toBe(404);
  });

  it("redirects from the path without a slash, with the query", async () => {
    const answer = await outside("/chat?x=1");
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/chat/?x=1");
  });

  it.each([
    "/",
    "/chatter",
    "/conversations",
    "/assets/keepsake.css",
    "/preflight",
  ])("answers %s with 404 and its own address", async (address) => {
    const answer = await outside(address);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("Keepsake is served at /chat/ here.");
  });

  it("answers probes with the path and without", async () => {
    for (const probe of ["/livez", "/readyz", "/chat/livez", "/chat/readyz"]) {
      expect((await outside(probe)).status).toBe(200);
    }
  });

  it("leads to no other host", async () => {
    const answer = await outside("/chat//example.com/?script=off");
    expect(answer.headers.get("location")).toBe("/chat/example.com/");
  });

  it("keeps the storage of other applications on a reset", async () => {
    const reset = await visitor.post("/session/reset", {});
    expect(reset.headers.get("location")).toBe("/chat/");
    expect(reset.headers.get("clear-site-data")).toBeNull();
  });
});

it("serves a whole host by default", () => {
  expect(everywhere.basePath).toBe("");
});
