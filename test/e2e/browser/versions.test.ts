/// <reference lib="dom" />
import type { Route } from "playwright-core";
import {
  announcements,
  articles,
  expectMessages,
  isFocused,
  message,
  open,
  page,
  recordAnnouncements,
  say,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden } from "../../support/start-browser";
import { scriptReply } from "../../support/start-web";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

const regenerate = () => page.getByRole("button", { name: "Regenerate" });

it("regenerates a reply with the keyboard, announces it, and links to the earlier answer", async () => {
  await open();
  await say("hello");
  await recordAnnouncements();
  const reply = scriptReply(["Another", " one."]);
  await regenerate().focus();
  await page.keyboard.press("Enter");
  await page.locator(".writing").waitFor();
  await expectHidden(regenerate());
  await waitFor(() => isFocused(message()));
  reply.next(2);
  await page.getByText("Another one.", { exact: true }).waitFor();
  await regenerate().waitFor();
  await expectEventually(async () => {
    expect(await announcements()).toEqual([
      "Model one is writing.",
      "Model one replied: Another one.",
    ]);
  });
  await expectMessages(2);
  await page.getByText("Version 2 of 2").waitFor();

  await page.getByRole("link", { name: "Version 1" }).click();
  await page.getByText("You said: hello").waitFor();
  await page.getByText("Your next message continues from here").waitFor();
  web.api.script = () => ["From the first."];
  await say("go on");
  await page.getByText("Version 1 of 2").waitFor();
  await expectEventually(async () =>
    expect(await articles().allInnerTexts()).toEqual([
      expect.stringContaining("hello"),
      expect.stringContaining("You said: hello"),
      expect.stringContaining("go on"),
      expect.stringContaining("From the first."),
    ]),
  );
});

it("refuses to regenerate a reply that another tab regenerated", async () => {
  await open();
  await say("hello");
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Regenerate" }).click();
  await other.getByText("Version 2 of 2").waitFor();
  await regenerate().click();
  await page.getByRole("alert").getByText("A newer message was sent").waitFor();
  await expectMessages(2);
});

const edit = (index: number) =>
  page.getByLabel("Edit message", { exact: true }).nth(index);
const editBox = () => page.getByRole("textbox", { name: "Edited message" });

describe("two messages to edit", () => {
  beforeEach(async () => {
    await open();
    await say("first");
    await say("second");
  });

  it("shows the text of the one that is edited", async () => {
    await edit(1).click();
    await expectEventually(async () =>
      expect(await editBox().inputValue()).toBe("second"),
    );
    await edit(0).click();
    await expectEventually(async () =>
      expect(await editBox().inputValue()).toBe("first"),
    );
  });

  it("ignores the late answer to an older link", async () => {
    const stalled: Route[] = [];
    await page.route(/edit=3/, (route) => void stalled.push(route));
    await edit(1).click();
    await waitFor(() => stalled.length > 0);
    await edit(0).click();
    await waitFor(async () => (await editBox().inputValue()) === "first");
    const answered = page.waitForResponse(/edit=3/);
    await stalled[0]?.continue();
    await (await answered).finished();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
    expect(await editBox().inputValue()).toBe("first");
    expect(page.url()).toContain("edit=1");
  });
});

it("edits the last message with the keyboard, and passes the accessibility checker", async () => {
  await open({ bypassCSP: true });
  await say("helo");
  web.api.script = (prompt) => [`Now you said: ${prompt}`];
  await page.getByLabel("Edit message", { exact: true }).focus();
  await page.keyboard.press("Enter");
  const words = page.getByRole("textbox", { name: "Edited message" });
  await words.waitFor();
  expect(await violations()).toEqual([]);
  await words.fill("hello");
  await page
    .getByRole("button", { name: "Send edited message" })
    .press("Enter");
  await page.getByText("Now you said: hello", { exact: true }).waitFor();
  await page.getByText("Version 2 of 2").waitFor();
  await expectHidden(words);
  await waitFor(() => isFocused(message()));
  await expectMessages(2);
  await page.getByRole("link", { name: "Version 1" }).click();
  await page.getByText("You said: helo", { exact: true }).waitFor();
  expect(await violations()).toEqual([]);
});
