/// <reference lib="dom" />
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Browser, type BrowserContext } from "playwright-core";
import type { Contestant } from "../peers/chat";
import { startStaticPage, type StaticPage } from "../static-page";
import { add, newMeasure, type Part, takeTurns } from "./measure";

/** The limit of each step of a visit. */
const PATIENCE_MS = 60_000;

/** A pause before a visit, and the silence of the network that ends it. */
const SETTLE_MS = 500;

export const visits: Part = {
  name: "visits",
  title: "Visits in a browser",
  method: [
    "Headless Chromium, with a new context (no cache, no cookies) for each first visit; the second one is in the same context.",
    "Each visit comes from a page of another site, as by a link. Browsers start another process for the new site then. From an empty tab they don't, except for pages with a Cross-Origin-Opener-Policy, such as Keepsake's.",
    "The time ends with the first animation frame in which the message box exists, is enabled and has a size.",
    "Bytes are those on the wire until the network is silent for half a second, WebSocket messages included.",
    "The floor is a static page with a message box, a style sheet, a script and an icon, of 100 bytes each.",
  ],
  async run(arena) {
    const first = newMeasure("First visit", "ms", "lower");
    const second = newMeasure("Second visit", "ms", "lower");
    const bytes = newMeasure("Bytes of the first visit", "KB", "lower");
    const measures = [first, second, bytes];
    const browser = await startBrowser();
    const floor = await startStaticPage();
    const rounds = arena.isQuick ? 3 : 7;
    try {
      await takeTurns(withFloor(arena, floor), rounds, measures, async (of) => {
        const { url } = of.name === FLOOR ? floor : await arena.chat(of);
        const seen = await visitTwice(browser, url, of.box, elsewhere(floor));
        add(first, of.name, seen.firstMs);
        add(second, of.name, seen.secondMs);
        add(bytes, of.name, seen.bytes / 1_000);
      });
    } finally {
      await browser.close();
      floor.close();
    }
    return measures;
  },
};

const FLOOR = "static page";

/** The static page under a host name of another site than all chats. */
const elsewhere = ({ url }: StaticPage) =>
  url.replace("127.0.0.1", "elsewhere.localhost");

function withFloor<T extends { contestants: Contestant[] }>(
  arena: T,
  floor: StaticPage,
): T {
  const { contestants } = arena;
  const start = () => Promise.reject(new Error(`${floor.url} runs`));
  const page = { name: FLOOR, box: "textarea", restores: false, start };
  return { ...arena, contestants: [...contestants, page] };
}

const startBrowser = () =>
  chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"],
    // Its sandbox does not run as root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });

/**
 * Visits a page in a new context, and again.
 *
 * @param from A page of another site, from which each visit comes.
 */
export async function visitTwice(
  browser: Browser,
  url: string,
  box: string,
  from: string,
) {
  const context = await browser.newContext();
  try {
    const first = await visit(context, url, box, from);
    const second = await visit(context, url, box, from);
    return { firstMs: first.ms, secondMs: second.ms, bytes: first.bytes };
  } finally {
    await context.close();
  }
}

async function visit(
  context: BrowserContext,
  url: string,
  box: string,
  from: string,
): Promise<{ ms: number; bytes: number }> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(from);
  await page.addInitScript(watchForBox, box);
  // The browser prepares a process for the page that comes after this one.
  await sleep(SETTLE_MS);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  const arrived = { bytes: 0, at: 0 };
  const arrive = (bytes: number) => {
    arrived.bytes += bytes;
    arrived.at = performance.now();
  };
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) =>
    arrive(encodedDataLength),
  );
  devtools.on("Network.webSocketFrameReceived", ({ response }) =>
    arrive(response.payloadData.length),
  );
  await page.goto(url, { waitUntil: "commit" });
  const ms = await page
    .waitForFunction(() => (window as { boxMs?: number }).boxMs)
    .then((found) => found.jsonValue());
  while (performance.now() - arrived.at < SETTLE_MS) await sleep(50);
  await page.locator(box).first().pressSequentially("x");
  await page.close();
  return { ms: ms ?? NaN, bytes: arrived.bytes };
}

/** Runs in the page before its own scripts, and records when the box can be typed in. */
function watchForBox(selector: string): void {
  const look = (now: number) => {
    const box = document.querySelector(selector);
    const isReady =
      box instanceof HTMLElement &&
      !box.matches(":disabled") &&
      box.offsetHeight > 0;
    if (isReady) Object.assign(window, { boxMs: now });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
