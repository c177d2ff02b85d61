/// <reference lib="dom" />
import { type Browser, chromium, type Page } from "playwright-core";
import { freePorts } from "../local/free-ports";
import { startModelServer } from "./model-server";
import { startKeepsake } from "./support";

/*
 * Measures what a browser does while a long reply arrives in a long conversation: tasks that hold the page up,
 * frames, the time of scripts and layout, and layout shift. The reader follows the reply, or reads above it. The
 * same again with a slow processor.
 */

const TURNS = Number(process.env.TURNS ?? 100);
const WORDS = Number(process.env.WORDS ?? 3_000);
const WORDS_PER_SECOND = Number(process.env.RATE ?? 90);
const THROTTLES = (process.env.THROTTLE ?? "1,4").split(",").map(Number);

const PARAGRAPH =
  "A long answer has **strong words**, `code` and [links](https://example.com/), and goes on for a line or two. ".repeat(
    3,
  );

/** The parts of a long answer, over and over. */
const PARTS = [
  `## A heading\n\n${PARAGRAPH}\n\n`,
  `${PARAGRAPH}\n\n- one thing\n- another thing, with *emphasis*\n- a third\n\n`,
  "| Day | Morning | Evening |\n| --- | --- | ---: |\n| 1 | by train | 6 km |\n| 2 | on foot | 3 km |\n\n",
  `${PARAGRAPH}\n\n\`\`\`python\ndef walk(days):\n    for day in range(days):\n        yield day  # a comment\n\`\`\`\n\n`,
  `${PARAGRAPH} Then $x^2 + y^2 = z^2$ follows.\n\n`,
];

function wordsOf(count: number): string[] {
  const words: string[] = [];
  for (let part = 0; words.length < count; part++) {
    words.push(...(PARTS[part % PARTS.length] ?? "").split(/(?<=\s)(?=\S)/));
  }
  return words.slice(0, count);
}

/** A prompt `long` gets the long answer; others get a short one at once. */
const startModel = () =>
  startModelServer((prompt) => {
    const isLong = prompt === "long";
    const words = isLong ? wordsOf(WORDS) : [`${PARTS[0]}${PARTS[3]}`];
    const rate = isLong ? WORDS_PER_SECOND : Infinity;
    return { rate, token: (index) => words[index] };
  });

/** Makes a conversation, and leaves the page at its end. */
async function makeConversation(page: Page, address: string): Promise<void> {
  await page.goto(address);
  const made = await page.evaluate(async (turns) => {
    const origin = location.href;
    const post = (action: string, message: string) =>
      fetch(new URL(action, origin), {
        method: "POST",
        body: new URLSearchParams({ message, key: crypto.randomUUID() }),
      });
    const { url } = await post("/conversations", "Question 1");
    const isWriting = async () =>
      (await (await fetch(url)).text()).includes("data-events");
    for (let turn = 2; turn <= turns; turn++) {
      while (await isWriting()) await new Promise((go) => setTimeout(go, 20));
      await post(`${url}/messages`, `Question ${turn}`);
    }
    while (await isWriting()) await new Promise((go) => setTimeout(go, 20));
    return url;
  }, TURNS);
  await page.goto(made);
}

interface Seen {
  longTasks: number[];
  frames: number[];
  shift: number;
}

/** Records in the page, until {@link stopRecording}. */
const record = (page: Page) =>
  page.evaluate(() => {
    const seen: Seen = { longTasks: [], frames: [], shift: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        seen.longTasks.push(duration);
    }).observe({ type: "longtask" });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        seen.shift += (entry as unknown as { value: number }).value;
      }
    }).observe({ type: "layout-shift" });
    let last = performance.now();
    const next = (now: number) => {
      seen.frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });

const stopRecording = (page: Page) => page.evaluate<Seen>("window.seen");

async function measure(
  browser: Browser,
  address: string,
  { throttle, isAbove }: { throttle: number; isAbove: boolean },
): Promise<string[]> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  await makeConversation(page, address);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: throttle });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("long");
  await box.press("Enter");
  await page.locator(".writing .text p").first().waitFor();
  const log = page.getByRole("log");
  if (isAbove) await log.evaluate((it) => it.scrollBy(0, -900));
  await page.waitForTimeout(1_000);
  const before = await secondsOf(devtools);
  await record(page);
  await page.locator(".writing").waitFor({ state: "detached" });
  await page.waitForTimeout(500);
  const seen = await stopRecording(page);
  const seconds = (await secondsOf(devtools)) - before;
  await context.close();
  const frames = seen.frames.toSorted((a, b) => a - b);
  return [
    `${throttle}`,
    isAbove ? "above" : "follows",
    `${seen.longTasks.length}`,
    Math.max(0, ...seen.longTasks).toFixed(0),
    (frames[Math.floor(frames.length * 0.95)] ?? 0).toFixed(1),
    seconds.toFixed(1),
    seen.shift.toFixed(3),
  ];
}

/** The time that scripts, styles and layout have taken. */
async function secondsOf(devtools: {
  send(method: "Performance.getMetrics"): Promise<{
    metrics: { name: string; value: number }[];
  }>;
}): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics
    .filter(({ name }) =>
      ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].includes(
        name,
      ),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

async function main(): Promise<void> {
  const model = await startModel();
  const [webPort = 0] = await freePorts(2);
  const keepsake = await startKeepsake(webPort, {
    MODEL_PROVIDER: "openai",
    ...model.env,
    MODEL_TITLES: "off",
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    console.log(
      `${WORDS} words into ${2 * TURNS} messages, ${WORDS_PER_SECOND} words a second\n`,
    );
    console.log(
      "slower | reader | long tasks | longest, ms | frame p95, ms | script and layout, s | layout shift",
    );
    for (const throttle of THROTTLES) {
      for (const isAbove of [false, true]) {
        const options = { throttle, isAbove };
        const row = await measure(browser, keepsake.url, options);
        console.log(row.join(" | "));
      }
    }
  } finally {
    await browser.close();
    await keepsake.stop();
    model.close();
  }
}

void main();
