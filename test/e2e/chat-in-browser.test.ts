/// <reference lib="dom" />
import { EventEmitter, once } from "node:events";
import axe from "axe-core";
import type {
  Browser,
  BrowserContextOptions,
  Locator,
  Page,
  Route,
} from "playwright-core";
import { VisibleError } from "../../app/core/domain/errors";
import { metricDefinitions } from "../../app/core/runtime/metric-definitions";
import {
  expectHidden,
  expectShown,
  newPage,
  startBrowser,
} from "../support/chromium";
import { startFreezingProxy } from "../support/freezing-proxy";
import { startSignInGate } from "../support/sign-in-gate";
import { startWeb, type TestWeb } from "../support/start-web";
import { stepwise } from "../support/stepwise";
import { expectEventually, waitFor } from "../support/wait-for";

let browser: Browser;
let web: TestWeb;
let page: Page;
let proxy: Awaited<ReturnType<typeof startFreezingProxy>> | undefined;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  web = await startWeb();
});
afterEach(async () => {
  await page.context().close();
  await proxy?.close();
  proxy = undefined;
  await web.close();
});

const message = () => page.getByRole("textbox", { name: "Message" });
const send = () => page.getByRole("button", { name: "Send" });
const stop = () => page.getByRole("button", { name: "Stop" });
const log = () => page.getByRole("log", { name: "Conversation" });
const fromEnd = () => log().evaluate((it) => Math.abs(it.scrollTop));
const articles = () => log().getByRole("article");

const isFocused = (it: Locator) =>
  it.evaluate((element) => element === document.activeElement);
const expectTyped = (text: string) =>
  expectEventually(async () => expect(await message().inputValue()).toBe(text));
const expectAtEnd = () =>
  expectEventually(async () => expect(await fromEnd()).toBeLessThan(2));
/** Waits until there are so many messages. */
const expectMessages = (count: number) =>
  expectEventually(async () => expect(await articles().count()).toBe(count));

/** Says a word, and is at the next one until it is stopped. */
function endless() {
  const reply = stepwise(["One", " two"]);
  reply.next();
  return reply.script();
}

async function open(
  options: BrowserContextOptions = {},
  address = web.address,
): Promise<void> {
  page = await newPage(browser, options);
  await page.goto(address);
}

/** Says something, and waits until it has been answered. */
async function say(text: string): Promise<void> {
  const before = await articles().count();
  await message().fill(text);
  await message().press("Enter");
  await articles()
    .nth(before + 1)
    .waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
}

/** Says something, to which the reply goes on when it is told to. */
async function ask(
  text: string,
  steps: Parameters<typeof stepwise>[0],
): Promise<ReturnType<typeof stepwise>> {
  const reply = stepwise(steps);
  web.api.script = () => reply.script();
  await message().fill(text);
  await message().press("Enter");
  return reply;
}

/** Runs the accessibility checker on the page as it is. */
async function violations(): Promise<string[][]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{
    violations: { id: string; nodes: { html: string }[] }[];
  }>("axe.run()");
  return found.violations.map(({ id, nodes }) => [
    id,
    ...nodes.map((one) => one.html),
  ]);
}

describe("with a keyboard alone", () => {
  it("Enter sends, Shift+Enter breaks the line, and the box keeps the focus", async () => {
    await open();
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    await page.keyboard.press("Enter");
    await articles().nth(1).waitFor();
    await expectEventually(async () => {
      expect(await articles().first().locator(".text").innerText()).toBe(
        "one\ntwo",
      );
      expect(await message().inputValue()).toBe("");
      expect(await isFocused(message())).toBe(true);
      expect(await page.title()).toContain("one");
    });
  });

  it("a reply is stopped, and the next message sent", async () => {
    await open();
    web.api.script = endless;
    await page.keyboard.type("go on");
    await page.keyboard.press("Enter");
    await stop().waitFor();
    await page.keyboard.press("Tab");
    await expectEventually(async () =>
      expect(await isFocused(stop())).toBe(true),
    );
    await page.keyboard.press("Enter");
    await page.getByText("Stopped.", { exact: true }).waitFor();
    await send().waitFor();
    web.api.script = () => ["Yes."];
    await say("still there?");
    await articles().last().getByText("Yes.").waitFor();
  });

  it("Escape closes what is open", async () => {
    await open();
    await say("hello");
    await page.locator(".options summary").click();
    await page.getByLabel("Title").waitFor();
    await page.keyboard.press("Escape");
    await expectHidden(page.getByLabel("Title"));
  });
});

describe("what was typed", () => {
  it("survives a reload", async () => {
    await open();
    await message().fill("half a thought");
    await page.reload();
    await expectTyped("half a thought");
  });

  it("stays when the backend can't be reached, and is sent by the next try", async () => {
    await open();
    web.api.fault = new VisibleError(503, "The backend can't be reached.");
    await message().fill("not lost");
    await message().press("Enter");
    await page
      .getByRole("alert")
      .getByText("The backend can't be reached.")
      .waitFor();
    await expectTyped("not lost");
    web.api.fault = undefined;
    await message().press("Enter");
    await articles().nth(1).waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it("stays when the server itself can't be reached", async () => {
    await open();
    await page.context().setOffline(true);
    await message().fill("not lost");
    await message().press("Enter");
    await page.getByText("Keepsake could not be reached").waitFor();
    await expectTyped("not lost");
    await page.context().setOffline(false);
    await message().press("Enter");
    await articles().nth(1).waitFor();
    await expectTyped("");
  });

  it("stays when a load balancer has to sign its writer in again first", async () => {
    const gate = await startSignInGate(web.address);
    try {
      await open({}, gate.url);
      await say("hello");
      gate.isSignedIn = false;
      await message().fill("not lost");
      const back = page.waitForEvent("framenavigated");
      await message().press("Enter");
      await back;
      expect(gate.isSignedIn).toBe(true);
      await expectTyped("not lost");
      await expectMessages(2);
      await say("not lost");
      await expectMessages(4);
    } finally {
      gate.close();
    }
  });

  it("stays when it is too long", async () => {
    await open();
    const long = "x".repeat(1024 * 1024);
    await message().fill(long);
    await send().click();
    await page.getByText("The message is too long").waitFor();
    await expectEventually(async () => {
      expect((await message().inputValue()).length).toBe(long.length);
    });
  });
});

describe("while a reply arrives", () => {
  it("typing goes on undisturbed", async () => {
    await open();
    const reply = await ask(
      "go on",
      Array.from({ length: 20 }, (_, i) => `p ${i}\n\n`),
    );
    await stop().waitFor();
    for (const letter of "the next one") {
      reply.next();
      await page.keyboard.type(letter);
    }
    reply.next(20);
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectTyped("the next one");
  });

  it("a selection in it stays", async () => {
    await open();
    const reply = await ask("go on", [
      "Select these words",
      " and more",
      " and more",
    ]);
    reply.next();
    await page.getByText("Select these words").waitFor();
    await page.evaluate(() => {
      const text = document.querySelector(".writing p")?.firstChild;
      if (text) getSelection()?.setBaseAndExtent(text, 0, text, 12);
    });
    reply.next(2);
    await page.locator(".writing").waitFor({ state: "detached" });
    await page
      .getByText("Select these words and more and more", { exact: true })
      .waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe(
      "Select these",
    );
  });

  it("its end stays in view, unless its reader looks elsewhere", async () => {
    await open({ viewport: { width: 900, height: 500 } });
    web.api.script = () => [
      Array.from({ length: 40 }, (_, i) => `Paragraph ${i}`).join("\n\n"),
    ];
    await say("a long one");
    await expectAtEnd();

    const reply = await ask(
      "another",
      Array.from({ length: 40 }, (_, i) => `New ${i}\n\n`),
    );
    reply.next(20);
    await page.getByText("New 19").waitFor();
    await expectAtEnd();

    const read = page.getByText("Paragraph 30", { exact: true });
    await read.evaluate((it) => it.scrollIntoView({ block: "center" }));
    const place = () => read.evaluate((it) => it.getBoundingClientRect().top);
    const before = await place();
    reply.next(20);
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectEventually(async () => {
      expect(Math.abs((await place()) - before)).toBeLessThan(3);
    });
  });

  it("its beginning and end are announced, and nothing between", async () => {
    await open();
    const reply = stepwise(["One", " two", " three"]);
    web.api.script = () => reply.script();
    await listen();
    await message().fill("count");
    await message().press("Enter");
    await page.locator(".writing").waitFor();
    reply.next(3);
    await page.getByText("Model one replied").waitFor({ state: "attached" });
    await expectEventually(async () => {
      expect(await said()).toEqual([
        "Model one is writing.",
        "Model one replied: One two three",
      ]);
    });
    expect(await log().getAttribute("aria-live")).toBe("off");
  });

  it("a lost connection heals by itself, without a lost or doubled word", async () => {
    await open();
    const words = Array.from({ length: 30 }, (_, i) => `word${i}\n\n`);
    const reply = await ask("go on", words);
    for (let i = 0; i < words.length; i += 10) {
      reply.next(10);
      await page.getByText(`word${i + 9}`, { exact: true }).waitFor();
      web.server.closeAllConnections();
    }
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectEventually(async () => {
      const shown = await articles().last().locator(".text p").allInnerTexts();
      expect(shown).toEqual(words.map((word) => word.trim()));
    });
  });

  it("a connection that is open and silent counts as lost, and is made again", async () => {
    await web.close();
    web = await startWeb({ heartbeatMs: 300 });
    proxy = await startFreezingProxy(web.address);
    await open({}, proxy.url);
    const reply = await ask("go on", ["One", " two", " three"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    // A busy machine's page may just be making its connection anew.
    await waitFor(async () => proxy && proxy.freeze() > 0);
    reply.next(2);
    await page.getByText("One two three", { exact: true }).waitFor();
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectHidden(page.locator("#connection"));
  });

  it("a connection that is made again counts as made before the model says more", async () => {
    await web.close();
    web = await startWeb({ heartbeatMs: 600_000 });
    await open();
    const reply = await ask("go on", ["One", " two"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    await listen();
    const { port, hostname } = new URL(web.address);
    web.server.close();
    web.server.closeAllConnections();
    await page.locator("#connection").waitFor();
    web.server.listen(Number(port), hostname);
    await expectHidden(page.locator("#connection"));
    await expectEventually(async () =>
      expect((await said()).filter(Boolean)).toEqual([
        "The connection was lost. Trying again…",
        "Connected again.",
      ]),
    );
    reply.next();
    await expectShown(page.getByText("One two", { exact: true }));
  });

  it("who may not follow it any more is told so once, and keeps what they typed", async () => {
    await open({ bypassCSP: true });
    await page.clock.install();
    const reply = await ask("go on", ["One", " two"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    await message().fill("half a thought");
    await listen();
    const other = await page.context().newPage();
    await other.goto(web.address);
    await other.getByRole("button", { name: "Reset session" }).click();
    await other.getByText("(new)").waitFor();
    web.server.closeAllConnections();
    const alert = page.getByRole("alert");
    await alert.getByText("There is no such conversation").waitFor();
    await expectShown(alert.getByRole("link", { name: "a new conversation" }));
    await expectShown(page.getByText("One", { exact: true }));
    await expectShown(send());
    await expectHidden(stop());
    await expectHidden(page.locator("#connection"));
    await expectTyped("half a thought");
    expect(await violations()).toEqual([]);
    let asked = 0;
    page.on("request", () => asked++);
    await page.clock.fastForward(600_000);
    expect(asked).toBe(0);
    expect(await alert.count()).toBe(1);
    expect(await said()).not.toContain("Connected again.");
  });

  it("a proxy that answers in its place for a while is no reason to give up", async () => {
    await open();
    const reply = await ask("go on", ["One", " two"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    const asked = new EventEmitter();
    const pages = once(asked, "page");
    const inConversation = "**/conversations/**";
    await page.route(inConversation, async (route) => {
      await route.fulfill({ status: 404, body: "404 page not found" });
      if (!route.request().url().includes("/events")) asked.emit("page");
    });
    web.server.closeAllConnections();
    await pages;
    await page.unroute(inConversation);
    reply.next();
    await expectShown(page.getByText("One two", { exact: true }));
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("is not sent again to a page that was opened in the midst of it", async () => {
    await open();
    const long = ["One **two**.\n\n", "- three", "\n- four\n\n", "Five"];
    const reply = await ask("go on", [
      "Another beginning",
      { kind: "epoch", epoch: 2, keep: 0 },
      ...long,
      " six",
      " seven",
    ]);
    reply.next(7);
    await page.getByText("Five six", { exact: true }).waitFor();
    const removed: string[] = [];
    await page.exposeFunction("tell", (text: string) => removed.push(text));
    await page.addInitScript(() => {
      const told = window as unknown as { tell(text: string): void };
      new MutationObserver((changes) => {
        for (const { type, target, removedNodes } of changes) {
          if (!target.parentElement?.closest(".text")) continue;
          if (type === "characterData") continue;
          for (const node of removedNodes) told.tell(node.textContent ?? "");
        }
      }).observe(document, { childList: true, subtree: true });
    });
    const answer = page.waitForRequest(/\/events\?offset=2\.\d+$/);
    await page.reload();
    await answer;
    await log().getByText("Another has begun the answer again").waitFor();
    reply.next();
    await page.getByText("Five six seven", { exact: true }).waitFor();
    await page.locator(".writing").waitFor({ state: "detached" });
    const text = articles().last().locator(".text");
    expect(await text.locator("> p").allInnerTexts()).toEqual([
      "One two.",
      "Five six seven",
    ]);
    expect(await text.locator("li").allInnerTexts()).toEqual(["three", "four"]);
    expect(removed).toEqual([]);
  });

  it("another conversation's is not taken for it, where its page takes the place of the other's", async () => {
    await open();
    const first = await ask("one", ["The first", " goes on"]);
    first.next();
    await page.getByText("The first", { exact: true }).waitFor();
    await page.locator(".options summary").click();
    await page.getByRole("button", { name: "Delete conversation" }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    const second = await ask("two", ["The second", " goes on"]);
    second.next();
    await page.getByText("The second", { exact: true }).waitFor();
    await page.evaluate(() => history.go(-2));
    await page.getByText("The first", { exact: true }).waitFor();
    second.next();
    first.next();
    await page.getByText("The first goes on", { exact: true }).waitFor();
    await expectMessages(2);
  });

  it("is not followed in a tab that nobody looks at, until somebody does", async () => {
    await open();
    const reply = await ask("go on", ["One", " two", " three", " four"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    await look(false);
    await expectEventually(async () => expect(await openStreams()).toBe(0));
    reply.next(2);
    await look(true);
    await page.getByText("One two three", { exact: true }).waitFor();
    await look(false);
    await expectEventually(async () => expect(await openStreams()).toBe(0));
    reply.next();
    await look(true);
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectShown(page.getByText("One two three four", { exact: true }));
    await expectHidden(page.locator("#connection"));
  });

  it("another server's going on is told, and its reload finds it where it is", async () => {
    await open();
    const reply = stepwise([
      "One",
      { kind: "epoch", epoch: 2, keep: 3 },
      " two",
      " three",
    ]);
    web.api.script = () => reply.script();
    await listen();
    await message().fill("go on");
    await message().press("Enter");
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    reply.next(2);
    const told = log().getByText("Another is going on from here");
    await told.waitFor();
    const sentence = await told.innerText();
    await expectEventually(async () =>
      expect(await said()).toEqual(["Model one is writing.", sentence]),
    );
    await page.reload();
    await log().getByText("One two").waitFor();
    reply.next();
    await log().getByText("One two three").waitFor();
    await expectMessages(2);
  });
});

/** Turns to the page, or away from it, as far as the page can tell. */
const look = (isSeen: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", {
      configurable: true,
      value: hidden,
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, !isSeen);

/** How many replies are being followed, as the metrics tell. */
async function openStreams(): Promise<number | undefined> {
  const { streamsOpen } = metricDefinitions;
  const gauge = await web.metrics.getSingleMetric(streamsOpen.name)?.get();
  return gauge?.values[0]?.value;
}

/** Keeps all that is said to a screen reader from now on. */
const listen = () =>
  page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const status = document.getElementById("status");
    if (!status) return;
    new MutationObserver(() => said.push(status.textContent ?? "")).observe(
      status,
      { childList: true, characterData: true, subtree: true },
    );
  });
const said = () => page.evaluate<string[]>("window.said");
const regenerate = () => page.getByRole("button", { name: "Regenerate" });

describe("another reply", () => {
  it("is asked for with the keyboard, announced, and leaves the earlier one within reach", async () => {
    await open();
    await say("hello");
    await listen();
    const reply = stepwise(["Another", " one."]);
    web.api.script = () => reply.script();
    await regenerate().focus();
    await page.keyboard.press("Enter");
    await page.locator(".writing").waitFor();
    await expectHidden(regenerate());
    await waitFor(() => isFocused(message()));
    reply.next(2);
    await page.getByText("Another one.", { exact: true }).waitFor();
    await regenerate().waitFor();
    await expectEventually(async () => {
      expect(await said()).toEqual([
        "Model one is writing.",
        "Model one replied: Another one.",
      ]);
    });
    await expectMessages(2);
    await page.getByText("Answer 2 of 2").waitFor();

    await page.getByRole("link", { name: "Answer 1" }).click();
    await page.getByText("You said: hello").waitFor();
    await page.getByText("This is an earlier answer").waitFor();
    web.api.script = () => ["From the first."];
    await say("go on");
    await page.getByText("Answer 1 of 2").waitFor();
    await expectEventually(async () =>
      expect(await articles().allInnerTexts()).toEqual([
        expect.stringContaining("hello"),
        expect.stringContaining("You said: hello"),
        expect.stringContaining("go on"),
        expect.stringContaining("From the first."),
      ]),
    );
    await page.goBack();
    await page.getByRole("link", { name: "To the newest messages" }).waitFor();
  });

  it("that another tab has asked for is told here in a sentence", async () => {
    await open();
    await say("hello");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole("button", { name: "Regenerate" }).click();
    await other.getByText("Answer 2 of 2").waitFor();
    await regenerate().click();
    await page.getByRole("alert").getByText("has gone on").waitFor();
    await expectMessages(2);
  });
});

it("the last message is asked in other words, with the keyboard, and passes the checker", async () => {
  await open({ bypassCSP: true });
  await say("helo");
  web.api.script = (prompt) => [`Now you said: ${prompt}`];
  await page.getByText("Edit your message").focus();
  await page.keyboard.press("Enter");
  const words = page.getByRole("textbox", { name: "In other words" });
  await words.waitFor();
  expect(await violations()).toEqual([]);
  await words.fill("hello");
  await page.getByRole("button", { name: "Ask again" }).press("Enter");
  await page.getByText("Now you said: hello", { exact: true }).waitFor();
  await page.getByText("Answer 2 of 2").waitFor();
  await expectHidden(words);
  await waitFor(() => isFocused(message()));
  await expectMessages(2);
  await page.getByRole("link", { name: "Answer 1" }).click();
  await page.getByText("You said: helo", { exact: true }).waitFor();
  expect(await violations()).toEqual([]);
});

describe("a reply that ended before its page arrived", () => {
  it("is announced once, to whoever asked for it", async () => {
    await open();
    await listen();
    web.api.script = () => ["At once."];
    await message().fill("hello");
    await message().press("Enter");
    await page.getByText("At once.", { exact: true }).waitFor();
    const end = "Model one replied: At once.";
    await waitFor(async () => (await said()).includes(end));
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page
      .getByRole("combobox", { name: "Model" })
      .selectOption("Model two");
    await page.getByText("The model called two.").first().waitFor();
    await expectEventually(async () =>
      expect((await said()).filter((one) => one === end)).toEqual([end]),
    );
  });

  it("is not announced to whoever opens a conversation", async () => {
    await open();
    await say("hello");
    await page.reload();
    await listen();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page
      .getByRole("combobox", { name: "Model" })
      .selectOption("Model two");
    await page.getByText("The model called two.").first().waitFor();
    expect(await said()).toEqual([]);
  });
});

it("new text below is offered to a reader who is elsewhere, and one step away", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  const long = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}\n\n`);
  web.api.script = () => [long.join("")];
  await say("a long one");
  const jump = page.getByRole("button", { name: "New text below" });
  await expectHidden(jump);
  const reply = await ask(
    "another",
    long.map((text) => `New ${text}`),
  );
  reply.next(10);
  await page.getByText("New Paragraph 9", { exact: true }).waitFor();
  await expectHidden(jump);
  await page
    .getByText("Paragraph 3", { exact: true })
    .evaluate((it) => it.scrollIntoView());
  await waitFor(async () => (await fromEnd()) > 100);
  reply.next(10);
  await jump.waitFor();
  await jump.click();
  await expectHidden(jump);
  await expectAtEnd();
  reply.next(20);
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectHidden(jump);
});

it("who sends a message sees it, wherever they had been reading", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  web.api.script = () => ["Paragraph\n\n".repeat(40)];
  await say("a long one");
  await articles()
    .first()
    .evaluate((it) => it.scrollIntoView());
  await waitFor(async () => (await fromEnd()) > 100);
  web.api.script = () => ["Short."];
  await say("and now?");
  await expectAtEnd();
});

it("a failed reply says why, and Retry finishes it", async () => {
  await open();
  const reason = "The model is busy. Try again in a minute.";
  web.api.script = () => [{ kind: "end", outcome: "failed", text: "", reason }];
  await listen();
  await message().fill("hello");
  await message().press("Enter");
  await log().getByText(reason).waitFor();
  await expectEventually(async () =>
    expect((await said()).at(-1)).toBe(
      `Model one could not finish the reply. ${reason}`,
    ),
  );
  web.api.script = () => ["Here I am."];
  await page.getByRole("button", { name: "Retry" }).click();
  await log().getByText("Here I am.").waitFor();
  await expectHidden(log().getByText(reason));
});

it("a code block is copied", async () => {
  await open({ permissions: ["clipboard-read", "clipboard-write"] });
  web.api.script = () => ["```js\nlet x = 1;\n```"];
  await say("code");
  await page.locator(".code .copy").click();
  // The button says so for a moment only; what is announced stays.
  await page.locator("#status").getByText("Copied").waitFor({
    state: "attached",
  });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    "let x = 1;\n",
  );
});

it("back and forward lead through what was seen", async () => {
  await open();
  await say("the first");
  await page.getByRole("link", { name: "New conversation" }).click();
  await page.getByRole("heading", { name: "New conversation" }).waitFor();
  await say("the second");
  await page.goBack();
  await page.getByRole("heading", { name: "New conversation" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "the first" }).waitFor();
  await page.goForward();
  await page.goForward();
  await page.getByRole("heading", { name: "the second" }).waitFor();
  await expectShown(articles().first().getByText("the second"));
});

it("a page that comes late is not shown where its reader is by then", async () => {
  await open();
  await say("the first");
  const asked = new EventEmitter();
  const request = once(asked, "asked");
  await page.route(`${web.address}/`, (route) => asked.emit("asked", route));
  await page.goBack();
  const [route] = (await request) as [Route];
  await page.goForward();
  const late = page.waitForResponse(`${web.address}/`);
  await route.continue();
  await (await late).finished();
  // Whatever was to be made of it has been made when the next answer has come.
  await say("the second");
  await page.getByRole("heading", { name: "the first" }).waitFor();
  await expectMessages(4);
});

it("the model is chosen, kept by each conversation, and told", async () => {
  await open();
  await page.getByRole("combobox", { name: "Model" }).selectOption("Model two");
  await page.getByText("The model called two.").first().waitFor();
  await say("hello");
  await articles().last().getByText("Model two").first().waitFor();
  await page.reload();
  await expectEventually(async () => {
    const model = page.getByRole("combobox", { name: "Model" });
    expect(await model.inputValue()).toBe("eliza/two");
  });
});

it("Reset session gives another session and an empty list", async () => {
  await open();
  await say("forget me");
  const session = page.getByRole("region", { name: "Session" });
  const before = await session.innerText();
  await page.getByRole("button", { name: "Reset session" }).click();
  await page.getByRole("heading", { name: "New conversation" }).waitFor();
  const list = page.getByRole("navigation", { name: "Conversations" });
  await expectEventually(async () => {
    expect(await session.innerText()).toContain("(new)");
    expect(await session.innerText()).not.toBe(before);
    expect(await list.innerText()).not.toContain("forget me");
  });
});

it("a deleted conversation can be had back", async () => {
  await open();
  await say("keep me");
  await page.locator(".options summary").click();
  await page.getByRole("button", { name: "Delete conversation" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "keep me" }).waitFor();
  await expectMessages(2);
});

it("a reply begun before the script came is shown like any other in the end", async () => {
  await open();
  await say("hello");
  const reply = await ask("more", ["One **two**", " three"]);
  reply.next();
  await log().getByText("One two").waitFor();
  await page.context().clearCookies({ name: "script" });
  await page.reload({ waitUntil: "commit" });
  await page.locator(".attempt").getByText("One").last().waitFor();
  reply.next();
  await page.locator(".attempt").waitFor({ state: "detached" });
  await page.getByText("One two three", { exact: true }).waitFor();
  await expectMessages(4);
});

describe("on a phone", () => {
  const phone = {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  };

  it("nothing is wider than the screen, and the menu opens and closes", async () => {
    await open(phone);
    web.api.script = () => [
      `${"long".repeat(60)}\n\n| a | b |\n|-|-|\n| ${"x".repeat(90)} | ${"y".repeat(90)} |\n\n\`\`\`\n${"z".repeat(200)}\n\`\`\``,
    ];
    await say("wide ".repeat(30));
    const width = await page.evaluate(() => document.body.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    expect(await log().evaluate((it) => it.scrollWidth)).toBeLessThanOrEqual(
      390,
    );
    const reset = page.getByRole("button", { name: "Reset session" });
    expect(await reset.isVisible()).toBe(false);
    await page.getByRole("link", { name: "Menu" }).click();
    await reset.waitFor();
    await page.getByRole("link", { name: "Close" }).click();
    await reset.waitFor({ state: "hidden" });
  });
});

it("on a slow network the page works before its script is there", async () => {
  await open();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 300,
    downloadThroughput: 50_000,
    uploadThroughput: 25_000,
  });
  await page.route("**/*.js", () => undefined);
  await page.goto(web.address, { waitUntil: "commit" });
  await message().fill("hello");
  await send().click();
  await expectShown(articles().nth(1).getByText("You said: hello"));
});

it("asks no other host for anything, and breaks no policy", async () => {
  await open();
  const hosts = new Set<string>();
  const complaints: string[] = [];
  page.on("request", (request) => hosts.add(new URL(request.url()).origin));
  page.on("console", (line) => complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  web.api.script = () => [
    "![x](https://example.org/x.png) <img src=https://example.org/y.png> https://example.org",
  ];
  await page.reload();
  await say("show me");
  expect([...hosts]).toEqual([web.address]);
  expect(complaints).toEqual([]);
});

describe("an accessibility checker finds nothing", () => {
  const rich =
    "# Title\n\ntext `code` [link](https://example.org)\n\n- a\n- b\n\n> quote\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```js\nlet x = 1;\n```";

  // Axe is put into the page as text, which the page's own policy rightly forbids.
  it.each<[string, BrowserContextOptions]>([
    ["light", {}],
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 } }],
  ])("%s", async (_, options) => {
    await open({ bypassCSP: true, ...options });
    expect(await violations()).toEqual([]);
    web.api.script = () => [rich];
    await say("everything");
    expect(await violations()).toEqual([]);
    await page.locator(".options summary").click();
    expect(await violations()).toEqual([]);
    web.api.script = endless;
    await page.keyboard.press("Escape");
    await message().fill("more");
    await message().press("Enter");
    await stop().waitFor();
    expect(await violations()).toEqual([]);
    await stop().click();
    await page.getByText("Stopped.", { exact: true }).waitFor();
    for (const path of [
      "/projects",
      "/search?q=everything",
      "/conversations",
    ]) {
      await page.goto(web.address + path);
      expect(await violations()).toEqual([]);
    }
    await page.goto(`${web.address}/projects`);
    await page.getByLabel("Name").fill("Letters");
    await page.getByRole("button", { name: "Create project" }).click();
    await page.getByRole("heading", { name: "Usage" }).waitFor();
    expect(await violations()).toEqual([]);
    await page.goto(`${web.address}/nothing`);
    expect(await violations()).toEqual([]);
  });
});
