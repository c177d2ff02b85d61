import type { Browser, Page } from "playwright-core";
import { newPage, startBrowser } from "../support/start-browser";
import { freePorts } from "../../scripts/local/free-ports";
import { copyRepository, StartScript } from "../support/start-script";
import { expectEventually } from "../support/wait-for";

/**
 * Milliseconds between two words: slow enough to last until a restart, and fast to end after it.
 */
const SLOW = "1000";
const FAST = "0";

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
  env = { PORT: String(port), METRICS_PORT: String(metricsPort) };
  await start(FAST);
});

afterAll(async () => {
  await keepsake.interrupt();
  await browser.close();
  clone.remove();
});

async function start(ELIZA_DELAY_MS: string): Promise<void> {
  keepsake = new StartScript(clone.folder, { ...env, ELIZA_DELAY_MS });
  address = await keepsake.ready();
}

async function restart(delayMs: string): Promise<void> {
  await keepsake.interrupt();
  await start(delayMs);
}

const message = () => page.getByRole("textbox", { name: "Message" });
const articles = () =>
  page.getByRole("log", { name: "Conversation" }).getByRole("article");
/** Without a script the article stays as sent; its last element marks the end. */
const writing = () => page.locator(".writing:not(:has(.ended))");
const texts = () => articles().locator(".text").allInnerTexts();
/** Waits until the page shows these messages, and no other. */
const expectTexts = (expected: string[]) =>
  expectEventually(async () => expect(await texts()).toEqual(expected));

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

it("keeps a conversation of ten turns through a reload and restarts of both processes", async () => {
  page = await newPage(browser);
  await page.goto(address);
  for (const turn of turns) await say(turn);
  await restart(SLOW);

  await begin(longRequest);
  await words();
  await page.reload();
  await words();
  const sofar = (await articles().last().locator(".text").innerText()).trim();
  await restart(FAST);
  await writing().waitFor({ state: "detached" });
  const before = await texts();
  expect(before).toHaveLength(20);
  expect(before.filter((_, i) => i % 2 === 0)).toEqual([...turns, longRequest]);
  expect(before.at(-1)).toContain(sofar.slice(0, 10));
  expect(before.every((text) => text.trim() !== "")).toBe(true);

  await restart(FAST);
  await page.reload();
  await expectTexts(before);
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByText("Hello, I am a little tired")
    .waitFor();
  await page.context().close();
});

it("finishes a reply, in the page that watches it, after a restart of both processes", async () => {
  await restart(SLOW);
  page = await newPage(browser);
  await page.goto(address);
  await begin(longRequest);
  await words();
  await restart(FAST);
  await writing().waitFor({ state: "detached" });
  const shown = await texts();
  expect(shown).toHaveLength(2);
  expect(shown.at(-1)?.split(/\s+/)).toHaveLength(700);
  await page.reload();
  await expectTexts(shown);
  await page.context().close();
});

it("streams text without a script, and loses nothing in a restart", async () => {
  page = await newPage(browser, { javaScriptEnabled: false });
  await page.goto(address);
  for (const turn of turns) await say(turn);
  await restart(SLOW);
  await begin(longRequest);
  // The element's own text: it also contains a hidden notice of a lost connection.
  await page
    .locator("xpath=//span[@class='tail'][text()[contains(., ' ')]]")
    .last()
    .waitFor();
  expect(await page.locator(".ended").count()).toBe(0);
  await page.getByRole("button", { name: "Stop" }).waitFor();
  const conversation = page.url();
  await restart(FAST);
  // Browsers differ in how they treat a page whose server was away for a moment.
  await page.goto(conversation);
  await writing().waitFor({ state: "detached" });
  const before = await texts();
  expect(before).toHaveLength(20);
  await restart(FAST);
  await page.reload();
  await expectTexts(before);
  await page.context().close();
});
