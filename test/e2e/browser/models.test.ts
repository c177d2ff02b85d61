import type { BrowserContextOptions } from "playwright-core";
import {
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
import { expectEventually } from "../../support/wait-for";

useBrowser();

const picker = () => page.getByRole("combobox", { name: "Model" });
const option = (name: string) => page.getByRole("option", { name });

/** Opens the first page with many models, as a browser whose script the server knows. */
async function openWithMany(
  options: BrowserContextOptions = {},
): Promise<void> {
  const [first] = web.api.models;
  if (!first) throw new Error("There is no model.");
  web.api.models = Array.from({ length: 40 }, (_, index) => ({
    ...first,
    id: `eliza/number-${index}`,
    name: `Number ${index}`,
    description: index % 2 ? "Writes code." : "Writes letters.",
  }));
  await open(options);
  if (options.javaScriptEnabled !== false) await expectScriptCookie();
  await page.reload();
}

const expectScriptCookie = () =>
  expectEventually(async () => {
    const cookies = await page.context().cookies();
    expect(cookies).toContainEqual(expect.objectContaining({ name: "script" }));
  });

const expectModel = (name: string) =>
  expectEventually(async () => expect(await picker().inputValue()).toBe(name));

it("finds a model in a long list by a word, and keeps the choice", async () => {
  await openWithMany({ bypassCSP: true });
  await expectModel("Number 0");
  await picker().click();
  await expectShown(option("Number 39"));
  expect(await violations()).toEqual([]);
  await page.keyboard.type("letters 2");
  await expectHidden(option("Number 21"));
  await option("Number 28").click();
  await expectModel("Number 28");
  await expectHidden(option("Number 28"));
  await message().click();
  await say("hello");
  await expectShown(page.getByRole("article").getByText("Number 28").first());
  await page.reload();
  await expectModel("Number 28");
});

it("chooses a model in a long list by keyboard, and says if none matches", async () => {
  await openWithMany();
  await picker().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type("nothing like it");
  await expectShown(page.getByText("No model matches."));
  await page.keyboard.press("Escape");
  await expectModel("Number 0");
  await page.keyboard.press("Enter");
  await page.keyboard.type("number 1");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expectModel("Number 10");
  expect(await isFocused(picker())).toBe(true);
  expect(await page.getByRole("article").count()).toBe(0);
});

it("leaves the model as it was when the focus goes elsewhere", async () => {
  await openWithMany();
  await picker().click();
  await page.keyboard.type("39");
  await page.keyboard.press("Tab");
  await expectHidden(option("Number 39"));
  await expectModel("Number 0");
});

it("stays a list of the browser without a script", async () => {
  await openWithMany({ javaScriptEnabled: false });
  await picker().selectOption("Number 7");
  await message().fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  const author = page.getByRole("article").getByRole("heading");
  await expectShown(author.getByText("Number 7"));
  expect(await picker().inputValue()).toBe("eliza/number-7");
});
