import { execFileSync } from "node:child_process";
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from "playwright-core";

/** Much longer than any step of a page takes on a busy machine. */
const PATIENCE_MS = 90_000;

/** Starts a headless Chromium: `CHROMIUM_PATH`, or one in the usual places. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? findBrowser(),
    timeout: PATIENCE_MS,
    // Its sandbox does not run as root, the usual user in containers.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** A page of a new visitor. */
export async function newPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

/** Waits until it is visible. */
export const expectShown = (it: Locator): Promise<void> => it.waitFor();

/** Waits until it is hidden or removed. */
export const expectHidden = (it: Locator): Promise<void> =>
  it.waitFor({ state: "hidden" });

function findBrowser(): string {
  const script = "scripts/support/find-browser.js";
  return execFileSync(process.execPath, [script], { encoding: "utf8" }).trim();
}
