import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../../../support/start-browser";
import { eventually, kubectl, podsOf, rolledOut, settings } from "./cluster";
import {
  CountingClient,
  expectNothingLost,
  numbersTo,
} from "./counting-client";

async function send(page: Page, message: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(message);
  await page.getByRole("button", { name: "Send" }).click();
}

const lastArticle = (page: Page) =>
  page.getByRole("log", { name: "Conversation" }).getByRole("article").last();

/**
 * The tests of a chat through an Ingress or a Gateway: in a browser, and by requests without the
 * sticky cookie.
 */
export function testChat(): void {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it("a browser sends a message and gets a reply through the ingress", async () => {
    const page = await browser.newPage();
    await page.goto(settings.url);
    await send(page, "count to 20");
    await expect(
      lastArticle(page)
        .getByText(numbersTo(20))
        .waitFor()
        .then(() => true),
    ).resolves.toBe(true);
    await page.close();
  });

  it("a conversation works with the ingress's cookie deleted before every request", async () => {
    const client = new CountingClient(40, false);
    for (let talks = 0; talks < 3; talks += 1) await client.converse();
    expectNothingLost(client.counts);
  });

  it.each(["web", "backend"])(
    "a reply finishes in the open page when every %s pod is deleted with force in the middle of it, one after the other",
    async (component) => {
      const page = await browser.newPage();
      await page.goto(settings.url);
      await send(page, "count to 300");
      const article = lastArticle(page);
      await article.getByText("20, 21").waitFor({ timeout: 60_000 });
      const before = (await podsOf(component)).filter(({ ending }) => !ending);
      for (const { name } of before) {
        await kubectl("delete", "pod", name, "--force", "--grace-period=0");
        await rolledOut(component);
      }
      await article.getByText(numbersTo(300)).waitFor({ timeout: 120_000 });
      const after = await eventually("the pods are others", async () => {
        const names = (await podsOf(component)).map(({ name }) => name);
        return before.every(({ name }) => !names.includes(name));
      });
      expect(after).toBe(true);
      // Every number is there exactly once, also after a reload.
      await page.reload();
      const text = await lastArticle(page).locator(".text").innerText();
      expect(text.replaceAll(/\s+/g, " ").trim()).toBe(numbersTo(300));
      await page.close();
    },
  );
}
