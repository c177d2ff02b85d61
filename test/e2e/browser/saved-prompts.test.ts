/// <reference lib="dom" />
import {
  expectMessages,
  expectTyped,
  isFocused,
  message,
  open,
  page,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";

useBrowser();

const list = () => page.getByRole("listbox", { name: "Saved prompts" });
const option = (name: string) => list().getByRole("option", { name });
const selected = () => list().getByRole("option", { selected: true });

/** Opens the first page of a visitor who has saved these prompts. */
async function openWith(
  prompts: Record<string, string>,
  options: Parameters<typeof open>[0] = {},
): Promise<void> {
  await open(options);
  await page.goto(`${web.address}/settings`);
  for (const [name, text] of Object.entries(prompts)) {
    const form = page.locator("details", { hasText: "New saved prompt" });
    if (!(await form.getByLabel("Name").isVisible()))
      await form.locator("summary").click();
    await form.getByLabel("Name").fill(name);
    await form.getByLabel("Text").fill(text);
    await form.getByRole("button", { name: "Save prompt" }).click();
    await page.locator("summary", { hasText: name }).waitFor();
  }
  await page.goto(web.address);
}

const two = { Summarize: "Summarize this:\n", Translate: "To French:\n" };

it("lists the prompts at a slash in the empty box, and filters them", async () => {
  await openWith(two);
  await message().pressSequentially("/");
  await expectShown(option("Summarize"));
  expect(await selected().innerText()).toContain("Summarize");
  await message().pressSequentially("tra");
  await expectHidden(option("Summarize"));
  await message().press("Enter");
  await expectTyped("To French:\n");
  await expectHidden(list());
  expect(await isFocused(message())).toBe(true);
  // Enter sends again.
  await message().press("Enter");
  await expectMessages(2);
});

it("moves through the list by arrows, and closes it by Escape", async () => {
  await openWith(two);
  await message().pressSequentially("/");
  await expectShown(option("Translate"));
  await message().press("ArrowDown");
  expect(await selected().innerText()).toContain("Translate");
  await message().press("ArrowDown");
  expect(await selected().innerText()).toContain("Summarize");
  await message().press("ArrowUp");
  await message().press("Escape");
  await expectHidden(list());
  await expectTyped("/");
  await message().fill("");
  await message().pressSequentially("/");
  await message().press("ArrowUp");
  await message().press("Tab");
  await expectTyped("To French:\n");
});

it("leaves a message alone that begins with a slash", async () => {
  await openWith(two);
  await message().pressSequentially("/help me");
  await expectHidden(list());
  await message().press("Enter");
  await expectMessages(2);
  await expectShown(page.getByText("You said: /help me", { exact: true }));
});

it("puts a prompt where the cursor is, by the button", async () => {
  await openWith(two);
  await message().fill("before after");
  for (let left = 0; left < "after".length; left++) {
    await message().press("ArrowLeft");
  }
  await page.getByRole("link", { name: "Saved prompts" }).click();
  await option("Translate").click();
  await expectTyped("before To French:\nafter");
  // As what is typed, it is kept.
  await page.reload();
  await expectTyped("before To French:\nafter");
});

it("says that there are none, with a link to the settings", async () => {
  await open();
  await message().pressSequentially("/");
  await page.getByRole("link", { name: "Saved prompts" }).click();
  await expectShown(page.getByText("No saved prompts yet."));
  await page.getByRole("link", { name: "Manage saved prompts" }).click();
  await expectShown(page.getByRole("heading", { name: "Saved prompts" }));
});

it.each(["light", "dark"] as const)(
  "passes the accessibility checker: %s",
  async (colorScheme) => {
    await openWith(two, {
      bypassCSP: true,
      colorScheme,
      viewport: { width: 360, height: 740 },
    });
    await message().pressSequentially("/");
    await expectShown(option("Translate"));
    expect(await violations()).toEqual([]);
    const fits = "document.documentElement.scrollWidth <= innerWidth";
    expect(await page.evaluate(fits)).toBe(true);
    await page.goto(`${web.address}/settings`);
    await page.locator("summary", { hasText: "Translate" }).click();
    expect(await violations()).toEqual([]);
    expect(await page.evaluate(fits)).toBe(true);
  },
);

it("saves the instructions when they change, and deletes a prompt", async () => {
  await openWith(two);
  await page.goto(`${web.address}/settings`);
  await page
    .getByLabel("Instructions for every conversation")
    .fill("Be brief.");
  await page.getByLabel("Theme").focus();
  await expectShown(
    page.getByRole("region", { name: "Notice" }).getByText("Saved."),
  );
  const prompt = page.locator("details", { hasText: "Translate" });
  await prompt.locator("summary").click();
  await prompt.getByRole("button", { name: "Delete" }).click();
  await expectHidden(page.locator("summary", { hasText: "Translate" }));
  await page.reload();
  expect(
    await page.getByLabel("Instructions for every conversation").inputValue(),
  ).toBe("Be brief.");
});

it("fills the box by links without JavaScript", async () => {
  await openWith(two, { javaScriptEnabled: false });
  await page.getByRole("link", { name: "Saved prompts" }).click();
  await page.getByRole("link", { name: "Translate" }).click();
  expect(await message().inputValue()).toBe("To French:\n");
});
