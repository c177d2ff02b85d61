/// <reference lib="dom" />
import {
  articles,
  expectMessages,
  message,
  open,
  page,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectShown } from "../../support/start-browser";

useBrowser();

const saved = () =>
  page.getByRole("region", { name: "Notice" }).getByText("Saved.");

const picker = () => page.getByRole("combobox", { name: "Model" });

const openSettings = () => page.goto(`${web.address}/settings`);

const background = () =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

const LIGHT = "rgb(251, 250, 248)";
const DARK = "rgb(25, 24, 23)";

it("reaches the settings from the sidebar", async () => {
  await open();
  await page.getByRole("link", { name: "Settings" }).click();
  await expectShown(page.getByRole("heading", { name: "Settings" }));
});

it("changes the theme at once, and keeps it on every page", async () => {
  await open({ colorScheme: "light" });
  await openSettings();
  expect(await background()).toBe(LIGHT);
  await page.getByLabel("Theme").selectOption("Dark");
  await expectShown(saved());
  expect(await background()).toBe(DARK);
  await page.goto(web.address);
  expect(await background()).toBe(DARK);
  await page.emulateMedia({ media: "print" });
  expect(await background()).toBe("rgb(255, 255, 255)");
  await page.emulateMedia({ media: "screen" });
  await openSettings();
  await page.getByLabel("Theme").selectOption("System");
  await expectShown(saved());
  expect(await background()).toBe(LIGHT);
});

it("uses the light theme on a dark system", async () => {
  await open({ colorScheme: "dark" });
  await openSettings();
  await page.getByLabel("Theme").selectOption("Light");
  await expectShown(saved());
  expect(await background()).toBe(LIGHT);
});

it.each([
  ["Light", "dark"],
  ["Dark", "light"],
] as const)(
  "passes the accessibility checker with the %s theme on a %s system",
  async (theme, colorScheme) => {
    await open({ bypassCSP: true, colorScheme });
    await openSettings();
    await page.getByLabel("Theme").selectOption(theme);
    await expectShown(saved());
    expect(await violations()).toEqual([]);
    web.api.script = () => ["text `code`\n\n```js\nlet x = 'a'; // b\n```"];
    await page.goto(web.address);
    await message().fill("hi");
    await message().press("Enter");
    await articles().nth(1).waitFor();
    await page.locator(".writing").waitFor({ state: "detached" });
    expect(await violations()).toEqual([]);
  },
);

it("fits the screen of a phone", async () => {
  await open({ viewport: { width: 360, height: 740 } });
  await openSettings();
  const fits = "document.documentElement.scrollWidth <= innerWidth";
  expect(await page.evaluate(fits)).toBe(true);
});

it("begins a new line with Enter, and sends with Ctrl+Enter, if the visitor chose so", async () => {
  await open();
  await openSettings();
  await page.getByLabel("Enter key").selectOption("newline");
  await expectShown(saved());
  await page.goto(web.address);
  await message().fill("one");
  await message().press("Enter");
  await message().pressSequentially("two");
  expect(await message().inputValue()).toBe("one\ntwo");
  await page.keyboard.press("Control+/");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expectShown(dialog.getByText("Send", { exact: true }));
  expect(await dialog.innerText()).toMatch(
    /Send\s+Ctrl Enter\s+New line\s+Enter/,
  );
  await page.keyboard.press("Escape");
  await message().press("Control+Enter");
  await expectMessages(2);
});

it("keeps the choice of another model for one conversation", async () => {
  await open();
  await openSettings();
  const choice = page.getByLabel("Model of new conversations");
  await choice.selectOption("Model two");
  await expectShown(saved());
  await page.goto(web.address);
  expect(await picker().inputValue()).toBe("eliza/two");
  await picker().selectOption("eliza/one");
  await message().fill("hi");
  await message().press("Enter");
  await articles().nth(1).waitFor();
  expect(await picker().inputValue()).toBe("eliza/one");
  await page.goto(web.address);
  expect(await picker().inputValue()).toBe("eliza/two");
});

it("saves settings without JavaScript", async () => {
  await open({ javaScriptEnabled: false, colorScheme: "light" });
  await openSettings();
  await page.getByLabel("Theme").selectOption("Dark");
  await page.getByRole("button", { name: "Save", exact: true }).first().click();
  await expectShown(page.getByText("Saved.", { exact: true }));
  await page.goto(web.address);
  await expectShown(page.locator("body.dark"));
});
