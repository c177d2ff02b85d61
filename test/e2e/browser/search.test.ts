/// <reference lib="dom" />
import type { BrowserContextOptions } from "playwright-core";
import {
  articles,
  log,
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

const main = () => page.getByRole("main");

/** A reply with a word in formatted text, far apart. */
const reply = () => [
  `The **nee**dle.\n\n${"More words.\n\n".repeat(60)}- a \`needle\`\n\n| a |\n|-|\n| needle |`,
];

/** Finds the word, and opens the hit in the reply. */
async function land(): Promise<void> {
  await page.goto(`${web.address}/search?q=needle`);
  await main()
    .getByRole("link", { name: /^Model one/ })
    .click();
  await articles().first().waitFor();
}

const isInView = (id: string) =>
  page.evaluate((hit) => {
    const { top, bottom } = document
      .getElementById(hit)!
      .getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }, id);

async function expectMarks(): Promise<void> {
  await expectEventually(async () =>
    expect(await isInView("hit-1")).toBe(true),
  );
  const marked = await log().locator("mark").allTextContents();
  expect(marked).toEqual(["nee", "dle", "needle", "needle"]);
  await main().getByRole("link", { name: "3", exact: true }).click();
  await expectEventually(async () =>
    expect(await isInView("hit-3")).toBe(true),
  );
  await main().getByRole("link", { name: "1", exact: true }).click();
  await expectEventually(async () =>
    expect(await isInView("hit-1")).toBe(true),
  );
}

it("marks all hits of the message, and leads from one to the next", async () => {
  await open();
  web.api.script = reply;
  await say("hello");
  await land();
  await expectMarks();
  await message().fill("more");
  await message().press("Enter");
  await expectEventually(async () => expect(await articles().count()).toBe(4));
  expect(await log().locator("mark").count()).toBe(0);
});

it("does so without a script", async () => {
  await open({ javaScriptEnabled: false });
  web.api.script = reply;
  await message().fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await expectShown(articles().nth(1));
  await land();
  await expectMarks();
});

it.each<[string, BrowserContextOptions]>([
  ["with a script", {}],
  ["without a script", { javaScriptEnabled: false }],
])(
  "filters by title and day, and keeps the filters: %s",
  async (_, options) => {
    await open(options);
    await message().fill("about birds");
    await page.getByRole("button", { name: "Send" }).click();
    await expectShown(articles().nth(1));
    await page.goto(`${web.address}/search`);
    await main().getByText("Filters", { exact: true }).click();
    await main().getByLabel("Titles only").check();
    await main().getByLabel("Written until").fill("2020-01-31");
    await main().getByRole("button", { name: "Search" }).click();
    await expectShown(main().getByText("No conversation matches the filters."));
    expect(await main().getByLabel("Titles only").isChecked()).toBe(true);
    await main().getByLabel("Written until").fill("");
    await main().getByRole("button", { name: "Search" }).click();
    await expectShown(main().getByRole("link", { name: "about birds" }));
    await main().getByRole("searchbox").fill("fish");
    await main().getByRole("searchbox").press("Enter");
    await expectHidden(main().getByRole("link", { name: "about birds" }));
    await expectShown(main().getByText("No results for"));
  },
);

it.each<[string, BrowserContextOptions]>([
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["high contrast", { forcedColors: "active" }],
  ["a narrow phone", { viewport: { width: 360, height: 740 } }],
])("passes the accessibility checker: %s", async (name, options) => {
  await open({ bypassCSP: true, ...options });
  web.api.script = reply;
  await say("a needle");
  await page.goto(`${web.address}/search?q=needle&archived=without`);
  expect(await violations()).toEqual([]);
  if (process.env["SHOTS"])
    await page.screenshot({ path: `/tmp/org-search-${name}.png` });
  const width = await page.evaluate(
    () => document.querySelector(".page")?.scrollWidth ?? 0,
  );
  expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 1280);
  await land();
  expect(await violations()).toEqual([]);
  if (process.env["SHOTS"])
    await page.screenshot({ path: `/tmp/org-hits-${name}.png` });
});
