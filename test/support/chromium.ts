import { execFileSync } from "node:child_process";
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from "playwright-core";

/** Far longer than a page takes for anything on a busy machine. */
const PATIENCE_MS = 90_000;

/** Chromium, headless: the one that `CHROMIUM_PATH` names, or one in the usual places. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? findBrowser(),
    timeout: PATIENCE_MS,
    // Its sandbox doesn't run as root, as which containers often run tests.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** A page of a visitor who has not been here before. */
export async function newPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

/** Waits until it can be seen. */
export const expectShown = (it: Locator): Promise<void> => it.waitFor();

/** Waits until it can't be seen, or is not there. */
export const expectHidden = (it: Locator): Promise<void> =>
  it.waitFor({ state: "hidden" });

function findBrowser(): string {
  const script = "scripts/support/find-browser.js";
  return execFileSync(process.execPath, [script], { encoding: "utf8" }).trim();
}
