/// <reference lib="dom" />
import { readFile } from "node:fs/promises";
import type { BrowserContextOptions } from "playwright-core";
import {
  articles,
  heading,
  isFocused,
  message,
  open,
  page,
  say,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

const main = () => page.getByRole("main");
const sidebar = () => page.getByRole("navigation", { name: "Conversations" });
const row = (title: string) => main().getByRole("link", { name: title });
const pick = (title: string) =>
  main().getByRole("checkbox", { name: `Select ${title}` });
const button = (name: string) =>
  main().getByRole("button", { name, exact: true });
const notice = () => page.getByRole("region", { name: "Notice" });
const titles = ["the first", "the second", "the third", "the fourth"];

/** Begins conversations, and opens a list. */
async function begin(path = "/conversations"): Promise<void> {
  for (const text of titles) {
    await page.goto(web.address);
    await say(text);
  }
  await page.goto(web.address + path);
}

const noScript = { javaScriptEnabled: false };

/** The same without a script. */
async function beginWithoutScript(): Promise<void> {
  for (const text of titles) {
    await page.goto(web.address);
    await message().fill(text);
    await page.getByRole("button", { name: "Send" }).click();
    await expectShown(articles().nth(1));
  }
  await page.goto(`${web.address}/conversations`);
}

const checked = () =>
  main()
    .locator(".pick:checked")
    .evaluateAll((all) =>
      all.map((one) => one.getAttribute("aria-label")?.slice(7)),
    );

it("selects a range with Shift, by mouse and by keyboard, and all at once", async () => {
  await open();
  await begin();
  await expectHidden(button("Delete"));
  await pick("the fourth").click();
  await pick("the second").click({ modifiers: ["Shift"] });
  expect(await checked()).toEqual(["the fourth", "the third", "the second"]);
  await expectShown(main().getByText("3 selected"));
  await expectShown(button("Delete"));
  await pick("the third").click();
  await pick("the second").focus();
  await page.keyboard.press("Shift+Space");
  expect(await checked()).toEqual(["the fourth"]);
  await page.getByLabel("Select all").check();
  expect(await checked()).toHaveLength(4);
  await page.getByLabel("Select all").uncheck();
  expect(await checked()).toEqual([]);
  await expectHidden(button("Delete"));
});

it("deletes several in place, and restores all of them by Undo", async () => {
  await open();
  await begin();
  await pick("the first").check();
  await pick("the third").check();
  await button("Delete").click();
  await expectShown(notice().getByText("2 conversations deleted."));
  await expectHidden(row("the first"));
  await expectHidden(sidebar().getByRole("link", { name: "the third" }));
  expect(await checked()).toEqual([]);
  await notice().getByRole("button", { name: "Undo" }).click();
  await expectShown(row("the first"));
  await expectShown(row("the third"));
});

it("pins from the menu of a row, and archives from the options of a conversation", async () => {
  await open();
  await begin("/");
  await sidebar()
    .getByRole("button", { name: "Actions for the first" })
    .click();
  const item = (name: string) =>
    sidebar().getByRole("button", { name, exact: true });
  await item("Pin").filter({ visible: true }).click();
  await expectShown(sidebar().getByRole("heading", { name: "Pinned" }));
  await expectShown(notice().getByText("Saved."));
  await sidebar().getByRole("link", { name: "the second" }).click();
  await page.getByLabel("Conversation options").click();
  await page
    .getByRole("button", { name: "Archive", exact: true })
    .filter({ visible: true })
    .click();
  await expectShown(main().getByText("This conversation is archived."));
  await expectHidden(sidebar().getByRole("link", { name: "the second" }));
  await message().fill("more");
  await message().press("Enter");
  await expectShown(sidebar().getByRole("link", { name: "the second" }));
  await expectHidden(main().getByText("This conversation is archived."));
});

it("deletes permanently only after a second click", async () => {
  await open();
  await begin();
  await page.getByLabel("Select all").check();
  await button("Delete").click();
  await expectHidden(row("the first"));
  await page.getByRole("link", { name: "Bin", exact: true }).click();
  await pick("the first").check();
  await expectHidden(button("Delete permanently"));
  await main().getByText("Delete permanently…").click();
  await button("Delete permanently").click();
  await expectShown(notice().getByText("1 conversation deleted permanently."));
  await expectHidden(row("the first"));
  await row("the second").click();
  await expectShown(main().getByText("This conversation is in the bin."));
  await button("Restore").click();
  await expectShown(heading("the second"));
  await page.goto(`${web.address}/bin`);
  await main().getByText("Empty the bin…").click();
  await button("Empty the bin").click();
  await expectShown(main().getByText("The bin is empty."));
});

it("downloads what is selected", async () => {
  await open();
  await begin();
  await pick("the second").check();
  const downloading = page.waitForEvent("download");
  await button("Download").click();
  const text = await readFile(await (await downloading).path(), "utf8");
  expect(text).toContain("the second");
  expect(text).not.toContain("the third");
});

it("is worked by the keyboard alone", async () => {
  await open();
  await begin();
  await pick("the third").focus();
  await page.keyboard.press("Space");
  await expectShown(button("Archive"));
  while (!(await isFocused(button("Archive")))) {
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Enter");
  await expectShown(notice().getByText("1 conversation archived."));
  await expectHidden(row("the third"));
});

it("works without a script", async () => {
  await open(noScript);
  await beginWithoutScript();
  await expectHidden(button("Delete"));
  await pick("the first").check();
  await pick("the second").check();
  await button("Delete").click();
  await expectShown(main().getByText("2 conversations deleted."));
  await expectHidden(row("the first"));
  await button("Undo").click();
  await expectShown(row("the first"));
  await pick("the third").check();
  await button("Archive").click();
  await main().getByRole("link", { name: "Archive" }).click();
  await pick("the third").check();
  await button("Unarchive").click();
  await expectHidden(row("the third"));
  await page.goto(`${web.address}/conversations`);
  await pick("the fourth").check();
  await button("Delete").click();
  await main().getByRole("link", { name: "Bin" }).click();
  await pick("the fourth").check();
  await main().getByText("Delete permanently…").click();
  await button("Delete permanently").click();
  await expectShown(main().getByText("1 conversation deleted permanently."));
});

async function check(): Promise<void> {
  expect(await violations()).toEqual([]);
  const [inner, outer] = await page.evaluate(() => [
    document.querySelector(".page")?.scrollWidth ?? 0,
    innerWidth,
  ]);
  expect(inner).toBeLessThanOrEqual(outer ?? 0);
}

it.each<[string, BrowserContextOptions]>([
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["high contrast", { forcedColors: "active" }],
  ["a narrow phone", { viewport: { width: 360, height: 740 } }],
])(
  "passes the accessibility checker, and nothing overflows: %s",
  async (_, options) => {
    await open({ bypassCSP: true, ...options });
    await begin();
    await page.getByLabel("Select all").check();
    await expectShown(button("Delete"));
    await check();
    await pick("the first").uncheck();
    await button("Delete").click();
    await expectShown(notice());
    await page.goto(`${web.address}/conversations`);
    await pick("the first").check();
    await button("Archive").click();
    await expectHidden(row("the first"));
    for (const path of ["/archive", "/bin"]) {
      await page.goto(web.address + path);
      await main().getByRole("checkbox").last().check();
      await check();
    }
    await main().getByText("Delete permanently…").click();
    await check();
    await row("the third").click();
    await waitFor(async () => (await heading("the third").count()) > 0);
    await expectEventually(check);
  },
);
