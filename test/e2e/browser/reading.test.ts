/// <reference lib="dom" />
import {
  articles,
  ask,
  distanceFromEnd,
  expectAtEnd,
  open,
  page,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden } from "../../support/start-browser";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

const jump = () => page.getByRole("button", { name: "Jump to latest" });

/** The distance of a question from the top of the log. */
const questionTop = (text: string) =>
  articles()
    .getByText(text, { exact: true })
    .evaluate((it) => {
      const log = it.closest(".log")?.getBoundingClientRect();
      return it.getBoundingClientRect().top - (log?.top ?? 0);
    });

it("keeps the question in view while its answer grows, and the place of a reader who scrolled up", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  web.api.script = () => [
    Array.from({ length: 40 }, (_, i) => `Paragraph ${i}`).join("\n\n"),
  ];
  await say("a long one");
  await waitFor(async () => (await distanceFromEnd()) > 100);
  expect(await questionTop("a long one")).toBeGreaterThan(0);

  const reply = await ask(
    "another",
    Array.from({ length: 40 }, (_, i) => `New ${i}\n\n`),
  );
  reply.next(20);
  await page.getByText("New 19").waitFor();
  await jump().waitFor();
  const held = await questionTop("another");
  expect(held).toBeGreaterThan(0);
  reply.next(5);
  await page.getByText("New 24").waitFor();
  expect(Math.abs((await questionTop("another")) - held)).toBeLessThan(2);
  // A reader who goes to the end follows it.
  await jump().click();
  reply.next(5);
  await page.getByText("New 29").waitFor();
  await expectAtEnd();

  const read = page.getByText("Paragraph 30", { exact: true });
  await read.evaluate((it) => it.scrollIntoView({ block: "center" }));
  const place = () => read.evaluate((it) => it.getBoundingClientRect().top);
  const before = await place();
  reply.next(10);
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectEventually(async () => {
    expect(Math.abs((await place()) - before)).toBeLessThan(3);
  });
});

it("leads a reader who scrolled up to the end, in one click", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  const long = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}\n\n`);
  web.api.script = () => [long.join("")];
  await say("a long one");
  await jump().click();
  await expectHidden(jump());
  const reply = await ask(
    "another",
    long.map((text) => `New ${text}`),
  );
  reply.next(3);
  await page.getByText("New Paragraph 2", { exact: true }).waitFor();
  await expectHidden(jump());
  await page
    .getByText("Paragraph 3", { exact: true })
    .evaluate((it) => it.scrollIntoView());
  await waitFor(async () => (await distanceFromEnd()) > 100);
  reply.next(1);
  await jump().waitFor();
  await jump().click();
  await expectHidden(jump());
  await expectAtEnd();
});

it("scrolls to a message that was sent", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  web.api.script = () => ["Paragraph\n\n".repeat(40)];
  await say("a long one");
  await articles()
    .first()
    .evaluate((it) => it.scrollIntoView());
  await waitFor(async () => (await distanceFromEnd()) > 100);
  web.api.script = () => ["Short."];
  await say("and now?");
  await expectAtEnd();
});

/** Adds up how far and how much of the page moves from now on, as browsers measure it. */
const recordShift = () =>
  page.evaluate(() => {
    Object.assign(window, { shift: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value } = entry as PerformanceEntry & { value: number };
        Object.assign(window, {
          shift: Number(Reflect.get(window, "shift")) + value,
        });
      }
    }).observe({ type: "layout-shift" });
  });

const shift = () => page.evaluate<number>("window.shift");

it("keeps the reader's place to the pixel while a reply streams, without a shift of the layout", async () => {
  await open({ viewport: { width: 900, height: 500 } });
  const long = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}`);
  web.api.script = () => [long.join("\n\n")];
  await say("a long one");
  const steps = Array.from({ length: 60 }, (_, i) => `New ${i}\n\n`);
  const reply = await ask("another", steps);
  reply.next();
  await page.getByText("New 0", { exact: true }).waitFor();
  const read = page.getByText("Paragraph 30", { exact: true });
  await read.evaluate((it) => it.scrollIntoView({ block: "center" }));
  const place = () => read.evaluate((it) => it.getBoundingClientRect().top);
  const before = await place();
  await recordShift();
  for (const step of steps.slice(1)) {
    reply.next();
    await page
      .getByText(step.trim(), { exact: true })
      .waitFor({ state: "attached" });
  }
  await page.locator(".writing").waitFor({ state: "detached" });
  expect(Math.abs((await place()) - before)).toBeLessThan(1);
  expect(await shift()).toBeLessThan(0.1);
});
