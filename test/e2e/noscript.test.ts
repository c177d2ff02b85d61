import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../support/chromium";
import { startWeb, type TestWeb } from "../support/startWeb";
import { stepwise } from "../support/stepwise";

let browser: Browser;
let web: TestWeb;
let page: Page;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  web = await startWeb();
  const context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
  await page.goto(web.address);
});
afterEach(async () => {
  await page.context().close();
  await web.close();
});

const message = () => page.getByRole("textbox", { name: "Message" });
const send = () => page.getByRole("button", { name: "Send" });
const stop = () => page.getByRole("button", { name: "Stop" });
const articles = () =>
  page.getByRole("log", { name: "Conversation" }).getByRole("article");

/** Sends a message; the page that comes is not waited for, since it lasts as long as the reply. */
async function begin(text: string): Promise<void> {
  await message().fill(text);
  await send().click({ noWaitAfter: true });
}

describe("without a script", () => {
  it("text arrives before the reply has ended, and is whole when it has", async () => {
    const reply = stepwise([
      "First **bold** words.\n\n",
      "- a list",
      "\n- of two",
    ]);
    web.api.script = () => reply.script();
    await begin("hello");
    reply.next();
    await page.getByText("First **bold** words.").waitFor();
    expect(await stop().isVisible()).toBe(true);
    expect(await page.locator(".ended").count()).toBe(0);
    reply.next(2);
    await page.locator(".ended").waitFor({ state: "attached" });
    expect(await articles().last().locator("strong").innerText()).toBe("bold");
    expect(await articles().last().locator("li").allInnerTexts()).toEqual([
      "a list",
      "of two",
    ]);
    expect(await page.getByText("**bold**").isVisible()).toBe(false);
    expect(await send().isVisible()).toBe(true);
    expect(await stop().isVisible()).toBe(false);
  });

  it("Stop works while the page is still arriving", async () => {
    const reply = stepwise(["One", " two"]);
    web.api.script = () => reply.script();
    await begin("hello");
    reply.next();
    await page.getByText("One").last().waitFor();
    await stop().click();
    await page.getByText("Stopped.").waitFor();
    expect(await articles().last().innerText()).toContain("One");
    await send().waitFor();
    reply.next();
  });

  it("a reload in mid-reply finds it where it is", async () => {
    const reply = stepwise(["One", " two", " three"]);
    web.api.script = () => reply.script();
    await begin("hello");
    reply.next(2);
    await page.getByText("One two").waitFor();
    const reloaded = page.reload();
    await page.getByText("One two").waitFor();
    reply.next();
    await reloaded;
    expect(await articles().last().locator("p").innerText()).toBe(
      "One two three",
    );
  });

  it("a long conversation opens at its end, and stays there as it grows", async () => {
    web.api.script = () => [
      Array.from({ length: 60 }, (_, i) => `Paragraph ${i}`).join("\n\n"),
    ];
    await begin("a long one");
    await page.locator(".ended, article:not(.writing) + *").first().waitFor({
      state: "attached",
    });
    await page.reload();
    expect(await page.getByText("Paragraph 59").isVisible()).toBe(true);
    const box = await page.getByText("Paragraph 59").boundingBox();
    expect(box?.y).toBeLessThan(page.viewportSize()?.height ?? 0);
  });

  it("forms do all that the script does: rename, model, project, search, reset", async () => {
    await begin("hello there");
    await page.getByText("You said: hello there").last().waitFor();
    await page.locator(".options summary").click();
    await page.getByLabel("Title").fill("Greetings");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("heading", { name: "Greetings" }).waitFor();

    await page
      .getByRole("combobox", { name: "Model" })
      .selectOption("Model two");
    await begin("again");
    await page.getByText("You said: again").last().waitFor();
    expect(
      await page.getByRole("combobox", { name: "Model" }).inputValue(),
    ).toBe("eliza/two");

    await page.getByRole("searchbox", { name: "Search" }).fill("there");
    await page.getByRole("searchbox", { name: "Search" }).press("Enter");
    await page.locator("mark").first().waitFor();

    await page.getByRole("button", { name: "Reset session" }).click();
    await page.getByText("(new)").waitFor();
    expect(
      await page.getByRole("navigation", { name: "Conversations" }).innerText(),
    ).not.toContain("Greetings");
  });
});
