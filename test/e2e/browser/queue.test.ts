/// <reference lib="dom" />
import {
  articles,
  expectTyped,
  isFocused,
  log,
  message,
  open,
  page,
  send,
  stop,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { failure, type Step } from "../../support/scripted-stream";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

/** The prompts whose replies may end, and how. */
let released: Map<string, Step>;

beforeEach(() => {
  released = new Map();
  web.api.script = async function* (prompt) {
    yield "You said: ";
    yield await waitFor(() => released.get(prompt));
  };
});

const queued = () =>
  page.getByRole("region", { name: "Queued messages" }).getByRole("article");

async function say(text: string): Promise<void> {
  await message().fill(text);
  await message().press("Enter");
}

const texts = () => articles().locator(".text").allInnerTexts();

const expectTexts = (...expected: string[]) =>
  expectEventually(async () => expect(await texts()).toEqual(expected));

const expectQueued = (...expected: string[]) =>
  expectEventually(async () =>
    expect(await queued().locator(".text").allInnerTexts()).toEqual(expected),
  );

it("queues what is sent with Enter while a reply is written, and follows each reply without a reload", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await expectQueued("second");
  await expectTyped("");
  await say("third");
  await expectQueued("second", "third");
  expect(await violations()).toEqual([]);
  await page.evaluate("window.isSamePage = true");
  await message().fill("a draft");
  released.set("first", "one");
  await expectTexts("first", "You said: one", "second", "You said:", "third");
  await expectQueued("third");
  released.set("second", "two");
  released.set("third", "three");
  await expectTexts(
    "first",
    "You said: one",
    "second",
    "You said: two",
    "third",
    "You said: three",
  );
  await expectHidden(stop());
  expect(await queued().count()).toBe(0);
  await expectTyped("a draft");
  expect(await page.evaluate("window.isSamePage")).toBe(true);
});

it("goes over to the next reply in a tab that did not send it", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Stop" }).waitFor();
  await say("second");
  await expectQueued("second");
  released.set("first", "one").set("second", "two");
  const reply = "You said: two";
  await other.getByRole("article").getByText(reply).waitFor();
  await articles().getByText(reply).waitFor();
  expect(await other.getByRole("article").count()).toBe(4);
});

it("keeps what two tabs send at once", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  const other = await page.context().newPage();
  await other.goto(page.url());
  const box = other.getByRole("textbox", { name: "Message" });
  await box.fill("left");
  await message().fill("right");
  await Promise.all([box.press("Enter"), message().press("Enter")]);
  for (const prompt of ["first", "left", "right"]) released.set(prompt, prompt);
  await articles().getByText("You said: left").waitFor();
  await articles().getByText("You said: right").waitFor();
  expect(await articles().count()).toBe(6);
});

it("edits and withdraws a queued message", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await say("third");
  await expectQueued("second", "third");
  await queued().last().getByRole("button", { name: "Withdraw" }).click();
  await expectQueued("second");
  await page.locator("summary[aria-label='Edit queued message']").click();
  await page
    .getByRole("textbox", { name: "Edited queued message" })
    .fill("2nd");
  await page.getByRole("button", { name: "Save" }).click();
  await expectQueued("2nd");
  released.set("first", "one").set("2nd", "two");
  await expectTexts("first", "You said: one", "2nd", "You said: two");
});

it("moves the focus into the edit of a queued message, and back with Escape", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await expectQueued("second");
  const edit = page.locator("summary[aria-label='Edit queued message']");
  await edit.focus();
  await page.keyboard.press("Enter");
  const box = page.getByRole("textbox", { name: "Edited queued message" });
  await waitFor(() => isFocused(box));
  await page.keyboard.type("changed ");
  await page.keyboard.press("Escape");
  await expectHidden(box);
  await waitFor(() => isFocused(edit));
  // Escape closed the edit alone: the reply goes on, and the message is as it was.
  await expectShown(stop());
  await expectQueued("second");
});

it("keeps looking for the next reply after a failed attempt, until the page is refused", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await expectQueued("second");
  let looks = 0;
  await page.route(page.url(), async (route) => {
    looks++;
    if (looks === 1) {
      // As if another process were about to begin the reply.
      const response = await route.fetch();
      const html = await response.text();
      const body = html.replace('id="queue"', "$& data-due");
      await route.fulfill({ response, body });
    } else if (looks < 4) await route.abort();
    else await route.fulfill({ status: 404 });
  });
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await waitFor(() => looks === 4);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 1_500)));
  expect(looks).toBe(4);
});

it("stops a reply with Escape, and continues the queue", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await expectQueued("second");
  await message().press("Escape");
  await expectShown(log().getByText("Stopped."));
  await expectQueued();
  released.set("second", "two");
  await expectTexts("first", "You said:", "second", "You said: two");
});

it("says that the queue waits after a failure, and sends it after a Retry or on request", async () => {
  await open();
  await say("first");
  await stop().waitFor();
  await say("second");
  await expectQueued("second");
  released.set("first", failure("The model is busy."));
  await expectShown(
    page.getByText("The reply failed, so the messages below wait."),
  );
  await expectQueued("second");
  released.set("first", failure("The model is still busy."));
  await page.getByRole("button", { name: "Retry" }).click();
  await expectShown(page.getByText("The model is still busy."));
  await expectQueued("second");
  released.set("second", "two");
  await page.getByRole("button", { name: "Send queued messages" }).click();
  await expectTexts("first", "You said:", "second", "You said: two");
});

/** Sends a message without waiting for the page, which loads as long as the reply lasts. */
async function begin(text: string): Promise<void> {
  await message().fill(text);
  await send().click({ noWaitAfter: true });
}

describe("without a script", () => {
  beforeEach(() => open({ javaScriptEnabled: false }));

  it("queues a message, edits and withdraws it, and continues with its reply", async () => {
    await begin("first");
    await page.getByText("You said:").last().waitFor();
    await stop().waitFor();
    await begin("second");
    // The page ends with its reply: until then it shows what it has.
    await expectEventually(async () => {
      const { queue } = await readPage();
      expect(queue).toEqual(["second"]);
    });
    released.set("first", "one");
    await expectShown(page.getByText("The conversation goes on."));
    await page
      .getByRole("button", { name: "Continue reading" })
      .click({ noWaitAfter: true });
    await page.getByText("second").last().waitFor();
    released.set("second", "two");
    await page.locator(".ended").waitFor({ state: "attached" });
    await expectEventually(async () => {
      expect(await texts()).toEqual([
        "first",
        "You said: one",
        "second",
        expect.stringContaining("You said: two"),
      ]);
    });
  });

  it("withdraws a queued message after a failure, and keeps the draft", async () => {
    await begin("first");
    await stop().waitFor();
    await begin("second");
    await expectEventually(async () =>
      expect((await readPage()).queue).toEqual(["second"]),
    );
    released.set("first", failure("The model is busy."));
    await page.getByRole("button", { name: "Continue reading" }).click();
    await expectShown(page.getByText("so the messages below wait."));
    await message().fill("a draft");
    await page.getByRole("button", { name: "Withdraw" }).click();
    await expectHidden(page.getByText("Queued", { exact: true }));
    expect(await message().inputValue()).toBe("a draft");
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(1);
  });
});

/** The conversation as the server has it now. */
async function readPage(): Promise<{ queue: string[] }> {
  const id = new URL(page.url()).pathname;
  const cookies = await page.context().cookies();
  const cookie = cookies
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
  const answered = await fetch(web.address + id, {
    headers: { cookie: `${cookie}; script=on` },
  });
  const html = await answered.text();
  const queue = [
    ...html.matchAll(/<article id="q\d+"[^]*?<div class="text plain">([^<]*)/g),
  ];
  return { queue: queue.map(([, text]) => text ?? "") };
}
