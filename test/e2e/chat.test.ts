import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../support/chromium";
import { freePorts } from "../../scripts/support/freePorts";
import { copyRepository, StartScript } from "../support/startScript";

/** Longer than a long reply on a busy machine. */
const PATIENCE_MS = 90_000;

let clone: ReturnType<typeof copyRepository>;
let browser: Browser;
let env: Record<string, string>;
let keepsake: StartScript;
let address: string;
let page: Page;

beforeAll(async () => {
  clone = copyRepository();
  browser = await startBrowser();
  const [port, metricsPort] = await freePorts(2);
  // Slow enough to be caught in the middle of an answer.
  env = {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    ELIZA_DELAY_MS: "15",
  };
  await start();
});

afterAll(async () => {
  await keepsake.interrupt();
  await browser.close();
  clone.remove();
});

async function start(): Promise<void> {
  keepsake = new StartScript(clone.folder, env);
  address = await keepsake.ready();
}

const message = () => page.getByRole("textbox", { name: "Message" });
const articles = () =>
  page.getByRole("log", { name: "Conversation" }).getByRole("article");
/** Without a script the article stays as it was sent; its end says that it is one. */
const writing = () => page.locator(".writing:not(:has(.ended))");
const texts = () => articles().locator(".text").allInnerTexts();

/** Waits for the first words of a reply that is still being written. */
const words = () =>
  writing()
    .getByText(/\w+ \w+/)
    .first()
    .waitFor();

/** Sends a message, and waits until its reply has begun. */
async function begin(text: string): Promise<void> {
  const before = await articles().count();
  await message().fill(text);
  await page.getByRole("button", { name: "Send" }).click({ noWaitAfter: true });
  await articles()
    .nth(before + 1)
    .locator(".text")
    .waitFor();
}

async function say(text: string): Promise<void> {
  await begin(text);
  await page.getByRole("button", { name: "Send" }).waitFor();
  await writing().waitFor({ state: "detached" });
}

/** Takes ten seconds and more: a busy machine may need some to get to its middle. */
const longRequest = "Please write 700 words";

const turns = [
  "Hello, I am a little tired today.",
  "My sister thinks I work too much.",
  "I dreamt of a house by the sea.",
  "Why do you ask?",
  "Please write a list",
  "I can't remember when I last slept well.",
  "Please write a table",
  "You are not listening to me.",
  "Please write some code",
];

it("a conversation of ten turns survives a reload in mid-reply and a restart of both", async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  for (const turn of turns) await say(turn);

  await begin(longRequest);
  await words();
  await page.reload();
  await words();
  const sofar = (await articles().last().locator(".text").innerText()).trim();
  await writing().waitFor({ state: "detached" });
  const before = await texts();
  expect(before).toHaveLength(20);
  expect(before.filter((_, i) => i % 2 === 0)).toEqual([...turns, longRequest]);
  expect(before.at(-1)).toContain(sofar.slice(0, 40));
  expect(before.every((text) => text.trim() !== "")).toBe(true);

  await keepsake.interrupt();
  await start();
  await page.reload();
  expect(await texts()).toEqual(before);
  const list = page.getByRole("navigation", { name: "Conversations" });
  expect(await list.innerText()).toContain("Hello, I am a little tired");
  await page.context().close();
});

it("a reply that a restart of both interrupts is finished, in the page that watches it", async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  await begin(longRequest);
  await words();
  await keepsake.interrupt();
  await start();
  await writing().waitFor({ state: "detached" });
  const shown = await texts();
  await page.reload();
  expect(await texts()).toEqual(shown);
  expect(shown).toHaveLength(2);
  await page.context().close();
});

it("without a script text arrives before the reply has ended, and a restart loses nothing", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  for (const turn of turns) await say(turn);
  await begin(longRequest);
  await page
    .locator(".writing .tail")
    .getByText(/\w+ \w+/)
    .last()
    .waitFor();
  expect(await page.locator(".ended").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Stop" }).isVisible()).toBe(
    true,
  );
  await page.locator(".ended").waitFor({ state: "attached" });
  await page.reload();
  const before = await texts();
  expect(before).toHaveLength(20);
  await keepsake.interrupt();
  await start();
  await page.reload();
  expect(await texts()).toEqual(before);
  await context.close();
});
