/// <reference lib="dom" />
import { EventEmitter } from "node:events";
import type { Route } from "playwright-core";
import { VisibleError } from "../../../app/core/domain/errors";
import {
  articles,
  endless,
  expectMessages,
  expectTyped,
  heading,
  isFocused,
  message,
  open,
  page,
  resetSession,
  say,
  send,
  stop,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { startSignInGate } from "../../support/sign-in-gate";
import { expectEventually, once, waitFor } from "../../support/wait-for";

useBrowser();

it("sends with Enter, breaks the line with Shift+Enter, and keeps the focus in the box", async () => {
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

it("begins a new line with Enter on a touch screen", async () => {
  await open({ hasTouch: true, isMobile: true });
  await message().fill("one");
  await message().press("Enter");
  await page.keyboard.type("two");
  await expectTyped("one\ntwo");
  expect(await articles().count()).toBe(0);
});

it("sends a suggestion of the first page, and keeps what was typed there", async () => {
  await open();
  await message().fill("not yet");
  await page.getByRole("button", { name: "Count to 100" }).click();
  await articles().nth(1).waitFor();
  expect(await articles().first().locator(".text").innerText()).toBe(
    "Count to 100",
  );
  await page.getByRole("link", { name: "New conversation" }).click();
  await expectTyped("not yet");
});

it("stops a reply and sends the next message, with the keyboard alone", async () => {
  await open();
  web.api.script = endless;
  await page.keyboard.type("go on");
  await page.keyboard.press("Enter");
  await stop().waitFor();
  // Past an empty box: Send is offered once there is something to queue.
  expect(await send().isVisible()).toBe(false);
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

it("closes the options panel with Escape", async () => {
  await open();
  await say("hello");
  await page.getByLabel("Conversation options").click();
  await page.getByLabel("Title").waitFor();
  await page.keyboard.press("Escape");
  await expectHidden(page.getByLabel("Title"));
});

it("keeps the options panel open when Escape ends the composition of a word", async () => {
  await open();
  await say("hello");
  await page.getByLabel("Conversation options").click();
  const title = page.getByLabel("Title");
  await title.waitFor();
  const init = { key: "Escape", isComposing: true, bubbles: true };
  await title.dispatchEvent("keydown", init);
  await expectShown(title);
});

it("keeps a draft through a reload", async () => {
  await open();
  await message().fill("half a thought");
  await page.reload();
  await expectTyped("half a thought");
});

it("keeps the text when the backend is unreachable, and sends it with the next attempt", async () => {
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

it("keeps the text when the server is unreachable", async () => {
  await open();
  await page.context().setOffline(true);
  await message().fill("not lost");
  await message().press("Enter");
  await page.getByText("Keepsake is unreachable").waitFor();
  await expectTyped("not lost");
  await page.context().setOffline(false);
  await message().press("Enter");
  await articles().nth(1).waitFor();
  await expectTyped("");
});

it("keeps the text while a load balancer signs the visitor in again", async () => {
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

/** Puts a text into the box that no keyboard can type. */
const put = (text: string) =>
  message().evaluate((box: HTMLTextAreaElement, value) => {
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }, text);

it("keeps a draft with its page, also when the tab is closed", async () => {
  await open();
  await say("hello");
  await message().fill("for this conversation");
  await page.goBack();
  await heading("What can I help with?").waitFor();
  await expectTyped("");
  await message().fill("for another one");
  await page.goForward();
  await heading("hello").waitFor();
  await expectTyped("for this conversation");
  const conversation = page.url();
  const other = await page.context().newPage();
  await page.close();
  const drafts: string[] = [];
  for (const address of [conversation, web.address]) {
    await other.goto(address);
    const box = other.getByRole("textbox", { name: "Message" });
    await waitFor(async () => (await box.inputValue()) !== "");
    drafts.push(await box.inputValue());
  }
  expect(drafts).toEqual(["for this conversation", "for another one"]);
});

it("keeps text that was typed while the first message was sent in the new conversation", async () => {
  await open();
  const emitter = new EventEmitter();
  const asked = once(emitter, "asked");
  await page.route("**/conversations", (route) => emitter.emit("asked", route));
  await message().fill("hello");
  await message().press("Enter");
  const [route] = (await asked) as [Route];
  await message().fill("typed meanwhile");
  await route.continue();
  await heading("hello").waitFor();
  await expectTyped("typed meanwhile");
  await page.reload();
  await expectTyped("typed meanwhile");
  await page.goto(web.address);
  await expectTyped("");
});

it("keeps the text of a message in flight in the draft", async () => {
  await open();
  await say("hello");
  const asked = page.waitForRequest((request) => request.method() === "POST");
  await page.route("**/messages", () => undefined);
  await message().fill("on its way");
  await message().press("Enter");
  await asked;
  await message().fill("typed meanwhile");
  const key = `draft:${new URL(page.url()).pathname}`;
  const draft = () => page.evaluate((name) => localStorage.getItem(name), key);
  await expectEventually(async () =>
    expect(JSON.parse((await draft()) ?? "")).toMatchObject({
      text: "on its way\ntyped meanwhile",
    }),
  );
});

it("works while the browser's storage is full", async () => {
  await open();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await say("hello");
  await say("again");
  await expectTyped("");
  expect(errors).toEqual([]);
});

it("forgets drafts with Reset session", async () => {
  await open();
  await say("hello");
  await message().fill("nobody else's business");
  await resetSession();
  await heading("What can I help with?").waitFor();
  await expectTyped("");
  await waitFor(async () =>
    page.evaluate(() => Object.keys(localStorage).length === 0),
  );
});

it("forgets drafts with Reset session although the script has failed", async () => {
  await open();
  await message().fill("for my eyes only");
  await waitFor(async () =>
    page.evaluate(() => Object.keys(localStorage).length > 0),
  );
  await page.route("**/*.js", (route) => route.abort());
  await page.goto(`${web.address}/search`);
  await resetSession();
  await heading("What can I help with?").waitFor();
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

it("sends a text with half a surrogate pair, and clears the box", async () => {
  await open();
  await put("half \ud83d");
  await message().press("Enter");
  await articles().nth(1).waitFor();
  await expectTyped("");
  await expectShown(articles().first().getByText("half \ufffd"));
});

it("says that a text is too long before it is sent", async () => {
  await open();
  const errors: string[] = [];
  const posts: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    if (request.method() === "POST") posts.push(request.url());
  });
  const text = `${"A long pasted line. ".repeat(20)}\n`.repeat(15_000);
  await put(text);
  const problem = page.getByText(
    "The message is too long: it has 5.74 MB, and the limit is",
  );
  await problem.waitFor();
  await send().click();
  await message().press("Enter");
  expect((await message().inputValue()).length).toBe(text.length);
  await put("short");
  await expectHidden(problem);
  expect(posts).toEqual([]);
  await message().press("Enter");
  await articles().nth(1).waitFor();
  await expectTyped("");
  expect(errors).toEqual([]);
});
