import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";

/*
 * Watches a reply in a browser, force-deletes the backend pods, and combines three screenshots and
 * the command into a picture.
 */

const { KIND_CLUSTER = "", KIND_URL = "", CHROMIUM_PATH } = process.env;
const [file = "takeover.png"] = process.argv.slice(2);

const KUBECTL = [
  "--context",
  `kind-${KIND_CLUSTER}`,
  "--namespace",
  "keepsake",
];
const DELETE =
  "delete pod --force --grace-period=0 --selector app.kubernetes.io/component=backend".split(
    " ",
  );

const PANEL = { width: 480, height: 600 };
const POLL_MS = 20;
/** Ten times the time between two words of the built-in model. */
const PAUSE_MS = 400;

interface Panel {
  title: string;
  image: string;
}

function kubectl(args: string[]): string {
  const run = { encoding: "utf8" as const, stdio: "pipe" as const };
  return execFileSync("kubectl", [...KUBECTL, ...args], run).trim();
}

const replyOf = (page: Page) =>
  page.getByRole("log", { name: "Conversation" }).getByRole("article").last();

const lengthOf = async (page: Page): Promise<number> =>
  (await replyOf(page).innerText()).length;

/** Waits until the reply has not grown for a time that only a dead writer explains. */
async function nextPause(page: Page): Promise<void> {
  let [length, grownAt] = [await lengthOf(page), performance.now()];
  while (performance.now() - grownAt < PAUSE_MS) {
    await sleep(POLL_MS);
    const now = await lengthOf(page);
    if (now > length) [length, grownAt] = [now, performance.now()];
  }
}

/** Waits until the reply grows. */
async function nextGrowth(page: Page): Promise<void> {
  const length = await lengthOf(page);
  while ((await lengthOf(page)) <= length) await sleep(POLL_MS);
}

async function take(page: Page, title: string): Promise<Panel> {
  const image = (await page.screenshot()).toString("base64");
  return { title, image };
}

async function watch(browser: Browser): Promise<[Panel[], string]> {
  const page = await browser.newPage({ viewport: PANEL });
  await page.goto(KIND_URL);
  await page.getByRole("textbox", { name: "Message" }).fill("count to 400");
  await page.getByRole("button", { name: "Send" }).click();
  await replyOf(page).getByText("40", { exact: false }).waitFor();
  const before = await take(page, "A reply is being written");
  const output = kubectl(DELETE);
  await nextPause(page);
  const pausedAt = performance.now() - PAUSE_MS;
  const dead = await take(page, "All backend pods are killed");
  await nextGrowth(page);
  const seconds = ((performance.now() - pausedAt) / 1_000).toFixed(1);
  await sleep(1_500);
  const after = await take(
    page,
    `After ${seconds} s it continues on another pod`,
  );
  return [[before, dead, after], output];
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function compose(panels: Panel[], output: string): string {
  const figures = panels.map(
    ({ title, image }, index) =>
      `<figure><figcaption><b>${index + 1}</b> ${escape(title)}</figcaption><img src="data:image/png;base64,${image}"></figure>`,
  );
  const command = `kubectl ${DELETE.join(" ")}`;
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; padding: 24px; background: #f3f4f6; color: #111827; font: 18px system-ui, sans-serif; width: max-content }
    div { display: flex; gap: 24px }
    figure { margin: 0 } img { width: ${PANEL.width}px; border: 1px solid #d1d5db; border-radius: 8px; display: block }
    figcaption { margin: 0 0 12px } b { display: inline-block; width: 1.6em; line-height: 1.6em; border-radius: 50%; text-align: center; background: #111827; color: #fff }
    pre { margin: 20px 0 0; padding: 16px; border-radius: 8px; background: #111827; color: #e5e7eb; font: 15px ui-monospace, monospace }
  </style><div>${figures.join("")}</div><pre>$ ${escape(command)}\n${escape(output)}</pre>`;
}

async function main(): Promise<void> {
  const root = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: CHROMIUM_PATH,
    args: root ? ["--no-sandbox"] : [],
  });
  try {
    const [panels, output] = await watch(browser);
    const page = await browser.newPage();
    await page.setContent(compose(panels, output));
    await page.locator("body").screenshot({ path: file });
  } finally {
    await browser.close();
  }
}

void main();
