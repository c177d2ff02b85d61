/// <reference lib="dom" />
import axe from "axe-core";
import type {
  Browser,
  BrowserContextOptions,
  Locator,
  Page,
} from "playwright-core";
import { newPage, startBrowser } from "./start-browser";
import { scriptedStream, type Step } from "./scripted-stream";
import { scriptReply, useWeb, web } from "./start-web";
import { expectEventually } from "./wait-for";

/*
 * A browser page on a web process for each test of a file. The bindings are live: they are set before
 * each test.
 */

export { restartWeb, web } from "./start-web";
export let page: Page;

let browser: Browser;

/** Starts a browser for the file, and a web process for each of its tests. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  afterEach(() => page.context().close());
  useWeb();
}

/** Opens the page of a new visitor. */
export async function open(
  options: BrowserContextOptions = {},
  address = web.address,
): Promise<void> {
  page = await newPage(browser, options);
  await page.goto(address);
}

export const message = () => page.getByRole("textbox", { name: "Message" });
export const send = () => page.getByRole("button", { name: "Send" });
export const stop = () => page.getByRole("button", { name: "Stop" });
export const log = () => page.getByRole("log", { name: "Conversation" });
export const articles = () => log().getByRole("article");
export const heading = (name: string) => page.getByRole("heading", { name });

/** Sends a message, and waits until its reply has ended. */
export async function say(text: string): Promise<void> {
  const before = await articles().count();
  await message().fill(text);
  await submit();
  await articles()
    .nth(before + 1)
    .waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
}

/** Sends a message whose reply continues step by step. */
export async function ask(
  text: string,
  steps: Step[],
): Promise<ReturnType<typeof scriptedStream>> {
  const reply = scriptReply(steps);
  await message().fill(text);
  await submit();
  return reply;
}

/** Sends what is in the box: on a touch screen, Enter begins a new line. */
async function submit(): Promise<void> {
  const hasKeyboard = await page.evaluate(
    "matchMedia('(hover: hover)').matches",
  );
  if (hasKeyboard) await message().press("Enter");
  else await send().click();
}

/** A reply that has begun, and continues until it is stopped. */
export function endless() {
  const reply = scriptedStream(["One", " two"]);
  reply.next();
  return reply.script();
}

/** The line of the sidebar that opens what operators and support ask for. */
export const details = (on = page) => on.getByText(/^Details/);

/** Resets the session, past the question whether to do so. */
export async function resetSession(on = page): Promise<void> {
  await details(on).click();
  await on.getByText("Reset session…").click();
  await on.getByRole("button", { name: "Reset session" }).click();
}

export const isFocused = (it: Locator) =>
  it.evaluate((element) => element === document.activeElement);

export const expectTyped = (text: string) =>
  expectEventually(async () => expect(await message().inputValue()).toBe(text));

export const expectMessages = (count: number) =>
  expectEventually(async () => expect(await articles().count()).toBe(count));

/** The distance that the log is scrolled up from its end, in pixels. */
export const distanceFromEnd = () =>
  log().evaluate((it) => Math.abs(it.scrollTop));

export const expectAtEnd = () =>
  expectEventually(async () => expect(await distanceFromEnd()).toBeLessThan(2));

/** Records the sentences that a screen reader says from now on. */
export const recordAnnouncements = () =>
  page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const status = document.getElementById("status");
    if (!status) return;
    new MutationObserver(() => said.push(status.textContent ?? "")).observe(
      status,
      { childList: true, characterData: true, subtree: true },
    );
  });

export const announcements = () => page.evaluate<string[]>("window.said");

/** Runs the accessibility checker on the page as it is. */
export async function violations(): Promise<string[][]> {
  // Axe is put into the page as text, which the page's own policy forbids: see `bypassCSP`.
  await page.evaluate(axe.source);
  const found = await page.evaluate<{
    violations: { id: string; nodes: { html: string }[] }[];
  }>("axe.run()");
  return found.violations.map(({ id, nodes }) => [
    id,
    ...nodes.map((node) => node.html),
  ]);
}

/** Reads the clipboard, for pages that were opened with {@link clipboard}. */
export const readClipboard = () =>
  page.evaluate(() => navigator.clipboard.readText());

export const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
