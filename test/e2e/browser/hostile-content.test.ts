/// <reference lib="dom" />
import type { Page } from "playwright-core";
import { open, page, useBrowser, web } from "../../support/chat-page";
import { HttpVisitor } from "../../support/http-visitor";
import { HOST, hostileVectors } from "../../support/hostile-vectors";

/*
 * Each vector is sent as a prompt, is the title of its conversation, and comes back as the model's reply.
 * The page's own security policy is switched off in the browser, so that nothing but the rendering
 * keeps a script from running.
 */

useBrowser();

interface Found {
  dialogs: string[];
  requests: string[];
}

/** Records what a page must not do. */
function watch(on: Page): Found {
  const found: Found = { dialogs: [], requests: [] };
  on.on("dialog", (dialog) => {
    found.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  on.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(web.address)) found.requests.push(url);
  });
  return found;
}

/** What in the texts of messages is not on the list of what may be there, and what they did outside. */
function breaches(expected: number): string[] {
  const allowed = new Set(
    "A B BLOCKQUOTE BR BUTTON CODE DEL DETAILS DIV EM H3 H4 H5 H6 HR I INPUT INS KBD LABEL LI MARK OL P PRE Q S SAMP SMALL SPAN STRONG SUB SUMMARY SUP TABLE TBODY TD TH THEAD TR U UL VAR CITE math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none".split(
      " ",
    ),
  );
  const attributes =
    /^(?:aria-label|autocomplete|checked|class|data-copy|data-label|dir|disabled|href|id|rel|role|start|tabindex|target|type|open|(?:accent|display|displaystyle|form|height|largeop|linethickness|lspace|mathvariant|maxsize|minsize|movablelimits|rspace|scriptlevel|stretchy|symmetric|width))$/;
  const found: string[] = [];
  for (const text of document.querySelectorAll("article > .text")) {
    const box = text.closest("article")!.getBoundingClientRect();
    for (const element of text.querySelectorAll("*")) {
      const { localName, tagName } = element;
      if (!allowed.has(tagName)) found.push(`element ${localName}`);
      for (const { name, value } of element.attributes) {
        if (!attributes.test(name)) found.push(`attribute ${name}`);
        if (name === "href" && !/^(?:https?:\/\/|mailto:|#fn-)/.test(value))
          found.push(`link to ${value}`);
        if (name === "id" && !value.startsWith("fn-m")) found.push(`#${value}`);
      }
      const { left, top, bottom, width } = element.getBoundingClientRect();
      const isOutside =
        left < box.left - 20 || top < box.top - 20 || bottom > box.bottom + 20;
      // What is folded away has a place, but is not painted.
      const isPainted = width > 0 && element.checkVisibility();
      if (isPainted && isOutside) found.push(`${localName} leaves the message`);
    }
  }
  if (Object.hasOwn(window, "hacked")) found.push("a script ran");
  const articles = document.querySelectorAll("article").length;
  if (articles !== expected) found.push(`${articles} articles`);
  if (document.querySelectorAll("h1").length !== 1) found.push("another h1");
  if (document.querySelectorAll("main, form#composer").length !== 2)
    found.push("another form or main part");
  if (document.querySelectorAll("base, style, iframe, object").length > 0)
    found.push("an embedded document or style");
  return found;
}

/** Begins a conversation whose prompt, reply and title are the vector. */
async function begin(visitor: HttpVisitor, vector: string): Promise<string> {
  web.api.script = () => [vector];
  const address = await visitor.begin(vector);
  const title = vector.replace(/\s+/g, " ").trim().slice(0, 100);
  await visitor.post(`${address}/rename`, { title });
  await visitor.read(address);
  return address;
}

/** Opens a browser in which alert is recorded, with the visitor's cookies. */
async function openAs(
  visitor: HttpVisitor,
  javaScriptEnabled: boolean,
): Promise<Found> {
  await open({ bypassCSP: true, javaScriptEnabled });
  const cookies = [...visitor.cookies].map(([name, value]) => ({
    name,
    value,
    url: web.address,
  }));
  await page.context().addCookies(cookies);
  await page.addInitScript(() => {
    Object.defineProperty(window, "alert", {
      get: () => Object.assign(window, { hacked: true }),
    });
  });
  return watch(page);
}

/** As many turns as a page shows. */
const TURNS = 20;

describe.each(Object.entries(hostileVectors))("%s", (_, vectors) => {
  it("run nothing, load nothing, and stay in their messages", async () => {
    const visitor = new HttpVisitor(web.address);
    const addresses: string[] = [];
    for (const vector of vectors) addresses.push(await begin(visitor, vector));
    const found = await openAs(visitor, true);
    for (const [index, address] of addresses.entries()) {
      await page.goto(web.address + address);
      const broken = await page.evaluate(breaches, 2);
      expect([vectors[index], broken]).toEqual([vectors[index], []]);
    }
    expect(found).toEqual({ dialogs: [], requests: [] });
  });

  it("stay in their messages without JavaScript, beside each other", async () => {
    const visitor = new HttpVisitor(web.address);
    const pages: { address: string; turns: number }[] = [];
    for (let first = 0; first < vectors.length; first += TURNS) {
      const [begun = "", ...others] = vectors.slice(first, first + TURNS);
      const address = await begin(visitor, begun);
      for (const vector of others) {
        web.api.script = () => [vector];
        await visitor.post(`${address}/messages`, { message: vector });
        await visitor.read(address);
      }
      pages.push({ address, turns: 1 + others.length });
    }
    const found = await openAs(visitor, false);
    for (const { address, turns } of pages) {
      await page.goto(web.address + address);
      expect(await page.evaluate(breaches, 2 * turns)).toEqual([]);
    }
    expect(found).toEqual({ dialogs: [], requests: [] });
  });
});

it("are at least 300, each of them once", () => {
  const all = Object.values(hostileVectors).flat();
  expect(all.length).toBeGreaterThanOrEqual(300);
  expect(new Set(all).size).toBe(all.length);
});

it("run nothing and load nothing while they arrive, under the page's own policy", async () => {
  const text = Object.values(hostileVectors)
    .map((vectors) => vectors.slice(0, 8).join("\n\n"))
    .join("\n\n");
  const pieces = text.match(/[^]{1,97}/g) ?? [];
  await open();
  const found = watch(page);
  await page.evaluate(() => {
    const violations: string[] = [];
    Object.assign(window, { violations });
    document.addEventListener("securitypolicyviolation", (event) =>
      violations.push(event.violatedDirective),
    );
  });
  web.api.script = () => pieces;
  await page.getByRole("textbox", { name: "Message" }).fill("hello");
  await page.keyboard.press("Enter");
  await page.locator(".from-model").waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
  expect(await page.evaluate(breaches, 2)).toEqual([]);
  expect(await page.evaluate("window.violations")).toEqual([]);
  expect(found).toEqual({ dialogs: [], requests: [] });
  expect(await page.content()).toContain(HOST);
});
