/// <reference lib="dom" />
import {
  announcements,
  articles,
  ask,
  expectMessages,
  heading,
  expectTyped,
  log,
  message,
  open,
  page,
  recordAnnouncements,
  say,
  stop,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden } from "../../support/start-browser";
import { failure } from "../../support/scripted-stream";
import { scriptReply } from "../../support/start-web";
import { expectEventually } from "../../support/wait-for";

useBrowser();

it("lets the visitor type while a reply arrives", async () => {
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

it("keeps a selection in a growing reply", async () => {
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

it("replaces nothing in a page that was opened in the middle of a reply", async () => {
  await open();
  const long = ["One **two**.\n\n", "- three", "\n- four\n\n", "Five"];
  const first = await ask("go on", ["Another beginning", " unsent"]);
  first.next();
  await page.getByText("Another beginning", { exact: true }).waitFor();
  const reply = scriptReply([...long, " six", " seven"]);
  await web.api.takeOver("restart");
  reply.next(5);
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
  await log().getByText("Another one started the reply again").waitFor();
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

it("tells the replies of two conversations apart after going back", async () => {
  await open();
  const first = await ask("one", ["The first", " goes on"]);
  first.next();
  await page.getByText("The first", { exact: true }).waitFor();
  await page.getByRole("link", { name: "New conversation" }).click();
  await heading("What can I help with?").waitFor();
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

it("says that another server continued the reply, and resumes after a reload", async () => {
  await open();
  await recordAnnouncements();
  const first = await ask("go on", ["One", " unsent"]);
  first.next();
  await page.getByText("One", { exact: true }).waitFor();
  const reply = scriptReply([" two", " three"]);
  await web.api.takeOver("continue");
  reply.next();
  const told = log().getByText("Another one continued the reply");
  await told.waitFor();
  const sentence = await told.innerText();
  await expectEventually(async () =>
    expect(await announcements()).toEqual(["Model one is writing.", sentence]),
  );
  await page.reload();
  await log().getByText("One two").waitFor();
  reply.next();
  await log().getByText("One two three").waitFor();
  await expectMessages(2);
});

it("says why a reply failed, and finishes it after Retry", async () => {
  await open();
  const reason = "The model is busy. Try again in a minute.";
  web.api.script = () => [failure(reason)];
  await recordAnnouncements();
  await message().fill("hello");
  await message().press("Enter");
  await log().getByText(reason).waitFor();
  await expectEventually(async () =>
    expect((await announcements()).at(-1)).toBe(
      `Model one could not finish the reply. ${reason}`,
    ),
  );
  web.api.script = () => ["Here I am."];
  await page.getByRole("button", { name: "Retry" }).click();
  await log().getByText("Here I am.").waitFor();
  await expectHidden(log().getByText(reason));
});

it("shows a reply that began before the script loaded like any other when it ends", async () => {
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

it("does not mark a reply as new that was watched to its end", async () => {
  await open();
  const reply = await ask("hello", ["One", " two"]);
  await stop().waitFor();
  reply.next(2);
  await page.locator(".writing").waitFor({ state: "detached" });
  await page.goto(web.address);
  await page.locator("a[data-at]").waitFor();
  expect(await page.locator("a[data-at] .mark").count()).toBe(0);
});

it("shows the end of a reply although the browser allows no notification", async () => {
  await open();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.evaluate(() => {
    localStorage.setItem("notify", "1");
    // An arrow function is no constructor.
    const refusing = Object.assign(() => "", { permission: "granted" });
    Object.assign(window, { Notification: refusing });
    Object.defineProperty(document, "hidden", { value: true });
  });
  const reply = await ask("hello", ["One", " two"]);
  await stop().waitFor();
  reply.next(2);
  await page.getByRole("button", { name: "Regenerate" }).waitFor();
  expect(await page.title()).toMatch(/^● /);
  expect(errors).toEqual([]);
});
