/// <reference lib="dom" />
import {
  announcements,
  log,
  message,
  open,
  page,
  recordAnnouncements,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { scriptReply } from "../../support/start-web";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

it("announces the beginning and the end of a reply, and nothing between", async () => {
  await open();
  const reply = scriptReply(["One", " two", " three"]);
  await recordAnnouncements();
  await message().fill("count");
  await message().press("Enter");
  await page.locator(".writing").waitFor();
  reply.next(3);
  await page.getByText("Model one replied").waitFor({ state: "attached" });
  await expectEventually(async () => {
    expect(await announcements()).toEqual([
      "Model one is writing.",
      "Model one replied: One two three",
    ]);
  });
  expect(await log().getAttribute("aria-live")).toBe("off");
});

it("announces once a reply that ended before its page arrived", async () => {
  await open();
  await recordAnnouncements();
  web.api.script = () => ["At once."];
  await message().fill("hello");
  await message().press("Enter");
  await page.getByText("At once.", { exact: true }).waitFor();
  const end = "Model one replied: At once.";
  await waitFor(async () => (await announcements()).includes(end));
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.getByRole("combobox", { name: "Model" }).selectOption("Model two");
  await page
    .locator("option[selected]", { hasText: "Model two" })
    .waitFor({ state: "attached" });
  await expectEventually(async () =>
    expect((await announcements()).filter((one) => one === end)).toEqual([end]),
  );
});

it("does not announce old replies when a conversation is opened", async () => {
  await open();
  await say("hello");
  await page.reload();
  await recordAnnouncements();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.getByRole("combobox", { name: "Model" }).selectOption("Model two");
  await page
    .locator("option[selected]", { hasText: "Model two" })
    .waitFor({ state: "attached" });
  expect(await announcements()).toEqual([]);
});
