import { execFileSync } from "node:child_process";
import {
  chromium,
  firefox,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from "playwright-core";

/** Much longer than any step of a page takes on a busy machine. */
const PATIENCE_MS = 90_000;

/**
 * Starts the browser that the kind of test asks for, headless: Firefox for the kind `firefox`, else Chromium.
 * `FIREFOX_PATH` and `CHROMIUM_PATH` name one; the default is one in the usual places.
 */
export function startBrowser(): Promise<Browser> {
  if (isFirefox()) return startFirefox();
  return chromium.launch(chromiumOptions());
}

/** Chromium with a profile in a folder: all other contexts are private ones, which install nothing. */
export const startWithProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, chromiumOptions());

const chromiumOptions = () => ({
  executablePath: process.env.CHROMIUM_PATH ?? findBrowser("chromium"),
  timeout: PATIENCE_MS,
  // Its sandbox does not run as root, the usual user in containers.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});

const isFirefox = () =>
  (globalThis as { testKind?: { name: string } }).testKind?.name === "firefox";

/** The bits of Firefox's setting for a pointer that is fine and can hover. */
const MOUSE = 2 | 4;

function startFirefox(): Promise<Browser> {
  return firefox.launch({
    executablePath: process.env.FIREFOX_PATH ?? findBrowser("firefox"),
    // The protocol of unchanged Firefox builds, instead of that of Playwright's own.
    channel: "moz-firefox",
    timeout: PATIENCE_MS,
    // Without a screen it has no mouse, and pages take it for a telephone.
    firefoxUserPrefs: {
      "ui.primaryPointerCapabilities": MOUSE,
      "ui.allPointerCapabilities": MOUSE,
    },
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

function findBrowser(name: "chromium" | "firefox"): string {
  const script = "scripts/support/find-browser.js";
  const found = execFileSync(process.execPath, [script, name]);
  return found.toString().trim();
}
