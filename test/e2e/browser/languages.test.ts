/// <reference lib="dom" />
import {
  articles,
  open,
  page,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectShown } from "../../support/start-browser";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const PHONE = { width: 360, height: 740 };

const language = () =>
  page.evaluate(() => {
    const { lang, dir } = document.documentElement;
    return { lang, dir };
  });

const overflow = () =>
  page.evaluate(
    () => document.documentElement.scrollWidth - document.body.clientWidth,
  );

const boxOf = async (selector: string) => {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`${selector} is not shown.`);
  return box;
};

/** Sends a message in any language of the interface. */
async function sayAnywhere(text: string): Promise<void> {
  await page.locator("#message").fill(text);
  await page.locator(".send").click();
  await page.locator("article").nth(1).waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
}

describe.each([
  ["de-AT", "ltr", "Wobei kann ich helfen?"],
  ["ar-EG", "rtl", "بماذا يمكنني مساعدتك؟"],
])("a browser in %s", (locale, dir, greeting) => {
  it("shows every page in its language, without overflow on a phone", async () => {
    await open({ locale, viewport: PHONE });
    expect(await language()).toEqual({ lang: locale, dir });
    await expectShown(page.getByRole("heading", { name: greeting }));
    await sayAnywhere("Hello");
    const conversation = page.url();
    for (const path of [
      conversation,
      `${web.address}/settings`,
      `${web.address}/conversations`,
      `${web.address}/bin`,
      `${web.address}/projects`,
      `${web.address}/data`,
      `${web.address}/data/delete`,
      `${web.address}/search?q=hello`,
      `${web.address}/nowhere`,
    ]) {
      await page.goto(path);
      expect((await language()).dir).toBe(dir);
      expect({ path, overflow: await overflow() }).toEqual({
        path,
        overflow: 0,
      });
    }
  });

  it("passes the accessibility checker", async () => {
    await open({ locale });
    await sayAnywhere("Hello");
    expect(await violations()).toEqual([]);
  });
});

it("mirrors the page in Arabic, and keeps code from left to right", async () => {
  await open({ locale: "ar", viewport: { width: 1200, height: 800 } });
  web.api.script = () => ["```js\nlet x = 1;\n```\n\nSome English.\n\nمرحبا"];
  await sayAnywhere("مرحبا");
  const [side, main] = [await boxOf(".side"), await boxOf(".main")];
  expect(side.x).toBeGreaterThan(main.x);
  const answer = articles().last();
  const directions = await page
    .locator("article")
    .last()
    .evaluate((it) => {
      const styleOf = (selector: string) =>
        getComputedStyle(it.querySelector(selector) ?? it);
      const leftOf = (selector: string) => {
        const range = document.createRange();
        range.selectNodeContents(it.querySelector(selector) ?? it);
        return range.getBoundingClientRect().left;
      };
      return {
        code: styleOf("pre code").direction,
        english: leftOf(".text p:nth-of-type(1)"),
        arabic: leftOf(".text p:nth-of-type(2)"),
      };
    });
  expect(answer).toBeDefined();
  expect(directions.code).toBe("ltr");
  expect(directions.arabic).toBeGreaterThan(directions.english);
});

it("opens the menu of a phone from the right in Arabic", async () => {
  await open({ locale: "ar", viewport: PHONE });
  await page.locator(".menu").first().click();
  await expectEventually(async () => {
    const { x, width } = await boxOf(".side");
    expect(Math.round(x + width)).toBe(PHONE.width);
  });
  expect(await overflow()).toBe(0);
});

/** The time of a reply, as a browser in India writes it. */
const timeIn = async (locale: string) => {
  await open({ locale, timezoneId: "Asia/Kolkata" });
  await sayAnywhere("Hello");
  const time = page.locator("article time").last();
  await expectEventually(async () =>
    expect(await time.textContent()).not.toContain("UTC"),
  );
  const written = await time.textContent();
  const expected = await time.evaluate(
    (it, tag) =>
      new Intl.DateTimeFormat(tag, {
        timeStyle: "short",
        timeZone: "Asia/Kolkata",
      }).format(new Date((it as HTMLTimeElement).dateTime)),
    locale,
  );
  expect(written).toBe(expected);
  await page.context().close();
  return written;
};

it("writes times as the browser's region does", async () => {
  expect(await timeIn("en-US")).toMatch(/[AP]M$/);
  expect(await timeIn("en-GB")).toMatch(/^\d\d:\d\d$/);
  expect(await timeIn("ar-EG")).toMatch(/[٠-٩]/);
  await open();
});

it("changes the language at once, with the texts of the script", async () => {
  await open({ locale: "en-US" });
  await page.goto(`${web.address}/settings`);
  await page.locator("[name=language]").selectOption("de");
  await expectEventually(async () =>
    expect(await language()).toEqual({ lang: "de-US", dir: "ltr" }),
  );
  await expectShown(page.getByRole("heading", { name: "Einstellungen" }));
  await page.locator("[name=theme]").selectOption("dark");
  await expectShown(
    page.getByRole("region", { name: "Hinweis" }).getByText("Gespeichert."),
  );
  await page.goto(web.address);
  await sayAnywhere("Hallo");
  await expectShown(page.getByRole("button", { name: "Kopieren" }).last());
});

it("changes the language without JavaScript", async () => {
  await open({ locale: "de", javaScriptEnabled: false });
  await page.goto(`${web.address}/settings`);
  await page.locator("[name=language]").selectOption("ar");
  await page.getByRole("button", { name: "Speichern" }).first().click();
  await expectShown(page.getByRole("heading", { name: "الإعدادات" }));
  await page.goto(web.address);
  await page.locator("#message").fill("مرحبا");
  await page.locator(".send").click();
  await page.locator("article").nth(1).waitFor();
  await expectShown(page.getByText("أنت").first());
});
