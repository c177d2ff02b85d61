/// <reference lib="dom" />
import { EventEmitter } from "node:events";
import type { Route } from "playwright-core";
import {
  articles,
  details,
  expectMessages,
  heading,
  isFocused,
  log,
  message,
  open,
  page,
  resetSession,
  say,
  send,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { expectEventually, once } from "../../support/wait-for";

useBrowser();

it("shows earlier pages with Back and Forward", async () => {
  await open();
  await say("the first");
  await page.getByRole("link", { name: "New conversation" }).click();
  await heading("What can I help with?").waitFor();
  await say("the second");
  await page.goBack();
  await heading("What can I help with?").waitFor();
  await page.goBack();
  await heading("the first").waitFor();
  await page.goForward();
  await page.goForward();
  await heading("the second").waitFor();
  await expectShown(articles().first().getByText("the second"));
});

it("ignores a page that arrives after the visitor went elsewhere", async () => {
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
  // The page has processed the late response by the time the next one has arrived.
  await say("the second");
  await heading("the first").waitFor();
  await expectMessages(4);
});

it("saves a chosen model with the conversation, and names it", async () => {
  await open();
  await page.getByRole("combobox", { name: "Model" }).selectOption("Model two");
  await page.getByText("Compare models").click();
  await page.getByText("The model called two.").waitFor();
  await say("hello");
  await articles().last().getByText("Model two").first().waitFor();
  await page.reload();
  await expectEventually(async () => {
    const model = page.getByRole("combobox", { name: "Model" });
    expect(await model.inputValue()).toBe("eliza/two");
  });
});

it("starts an empty session with Reset session", async () => {
  await open();
  await say("forget me");
  const session = page.getByRole("region", { name: "Session" });
  const before = await session.innerText();
  const reset = page.getByRole("button", { name: "Reset session" });
  await details().click();
  await expectHidden(reset);
  await details().click();
  await resetSession();
  await heading("What can I help with?").waitFor();
  const list = page.getByRole("navigation", { name: "Conversations" });
  await expectEventually(async () => {
    expect(await session.innerText()).toContain("(new)");
    expect(await session.innerText()).not.toBe(before);
    expect(await reset.isVisible()).toBe(false);
    expect(await list.innerText()).not.toContain("forget me");
  });
});

it("scrolls the lists of the sidebar alone", async () => {
  await open({ viewport: { width: 1000, height: 420 } });
  for (let number = 1; number <= 12; number++) {
    await page.goto(web.address);
    await say(`conversation ${number}`);
  }
  const oldest = page.getByRole("link", {
    name: "conversation 1",
    exact: true,
  });
  await oldest.scrollIntoViewIfNeeded();
  await expectShown(details());
  for (const it of [
    details(),
    page.getByRole("searchbox", { name: "Search" }),
  ]) {
    const box = await it.boundingBox();
    expect(box && box.y >= 0 && box.y + box.height <= 420).toBe(true);
  }
});

it("restores a deleted conversation with Undo", async () => {
  await open();
  await say("keep me");
  await page.getByLabel("Conversation options").click();
  await page.getByRole("button", { name: "Delete conversation" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await heading("keep me").waitFor();
  await expectMessages(2);
});

it("hides the sidebar of a wide screen on all pages, and shows it again", async () => {
  await open();
  await say("hello");
  const list = page.getByRole("navigation", { name: "Conversations" });
  await page.getByRole("button", { name: "Hide sidebar" }).click();
  await expectHidden(list);
  const menu = page.getByRole("link", { name: "Menu" });
  await expectEventually(async () => expect(await isFocused(menu)).toBe(true));
  await page.reload();
  await heading("hello").waitFor();
  await expectHidden(list);
  await menu.click();
  await expectShown(list);
  await page.reload();
  await heading("hello").waitFor();
  await expectShown(list);
});

const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

it("fits a phone's screen, with a menu that opens and closes", async () => {
  await open(phone);
  web.api.script = () => [
    `${"long".repeat(60)}\n\n| a | b |\n|-|-|\n| ${"x".repeat(90)} | ${"y".repeat(90)} |\n\n\`\`\`\n${"z".repeat(200)}\n\`\`\``,
  ];
  await say("wide ".repeat(30));
  const width = await page.evaluate(() => document.body.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
  expect(await log().evaluate((it) => it.scrollWidth)).toBeLessThanOrEqual(390);
  await expectHidden(details());
  await page.getByRole("link", { name: "Menu" }).click();
  await expectShown(details());
  await page.getByRole("link", { name: "Close" }).click();
  await expectHidden(details());
});

it("works on a slow network before its script arrives", async () => {
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

it("contacts no other host, and violates no policy", async () => {
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
  expect([...hosts]).toEqual([new URL(web.address).origin]);
  expect(complaints).toEqual([]);
});
