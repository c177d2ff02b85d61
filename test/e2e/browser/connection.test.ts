/// <reference lib="dom" />
import { EventEmitter } from "node:events";
import { metricDefinitions } from "../../../app/core/runtime/metric-definitions";
import {
  announcements,
  articles,
  ask,
  expectTyped,
  message,
  open,
  page,
  recordAnnouncements,
  resetSession,
  restartWeb,
  send,
  stop,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { startFreezingProxy } from "../../support/freezing-proxy";
import { expectEventually, once, waitFor } from "../../support/wait-for";

useBrowser();

/** Makes the page report that it is visible, or hidden. */
const look = (isSeen: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", {
      configurable: true,
      value: hidden,
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, !isSeen);

/** The number of open streams, from the metrics. */
async function openStreams(): Promise<number | undefined> {
  const { streamsOpen } = metricDefinitions;
  const gauge = await web.metrics.getSingleMetric(streamsOpen.name)?.get();
  return gauge?.values[0]?.value;
}

/** Text may come with the page itself, before its stream is open. */
const expectStream = () =>
  expectEventually(async () => expect(await openStreams()).toBeGreaterThan(0));

it("reconnects without a lost or doubled word", async () => {
  await open();
  const words = Array.from({ length: 30 }, (_, i) => `word${i}\n\n`);
  const reply = await ask("go on", words);
  for (let i = 0; i < words.length; i += 10) {
    reply.next(10);
    await page.getByText(`word${i + 9}`, { exact: true }).waitFor();
    web.server.closeAllConnections();
  }
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectEventually(async () => {
    const shown = await articles().last().locator(".text p").allInnerTexts();
    expect(shown).toEqual(words.map((word) => word.trim()));
  });
});

it("treats a silent connection as lost, and reconnects", async () => {
  await restartWeb({ heartbeatMs: 300 });
  const proxy = await startFreezingProxy(web.address);
  try {
    await open({}, proxy.url);
    const reply = await ask("go on", ["One", " two", " three"]);
    reply.next();
    await page.getByText("One", { exact: true }).waitFor();
    // On a busy machine the page may be reconnecting at this moment.
    await waitFor(async () => proxy.freeze() > 0);
    reply.next(2);
    await page.getByText("One two three", { exact: true }).waitFor();
    await page.locator(".writing").waitFor({ state: "detached" });
    await expectHidden(page.locator("#connection"));
  } finally {
    await proxy.close();
  }
});

it("reports a new connection before the model sends more text", async () => {
  await restartWeb({ heartbeatMs: 600_000 });
  await open();
  const reply = await ask("go on", ["One", " two"]);
  reply.next();
  await page.getByText("One", { exact: true }).waitFor();
  await expectStream();
  await recordAnnouncements();
  const { port, hostname } = new URL(web.address);
  web.server.close();
  web.server.closeAllConnections();
  await page.locator("#connection").waitFor();
  web.server.listen(Number(port), hostname);
  await expectHidden(page.locator("#connection"));
  await expectEventually(async () =>
    expect((await announcements()).filter(Boolean)).toEqual([
      "Connection lost. Reconnecting…",
      "Reconnected.",
    ]),
  );
  reply.next();
  await expectShown(page.getByText("One two", { exact: true }));
});

it("tells a visitor whose session ended so once, and keeps the draft", async () => {
  await open({ bypassCSP: true });
  await page.clock.install();
  const reply = await ask("go on", ["One", " two"]);
  reply.next();
  await page.getByText("One", { exact: true }).waitFor();
  await expectStream();
  await message().fill("half a thought");
  await recordAnnouncements();
  const other = await page.context().newPage();
  await other.goto(web.address);
  await resetSession(other);
  await other.getByText("(new)").waitFor();
  web.server.closeAllConnections();
  const alert = page.getByRole("alert");
  await alert.getByText("This conversation does not exist").waitFor();
  await expectShown(alert.getByRole("link", { name: "a new conversation" }));
  await expectShown(page.getByText("One", { exact: true }));
  await expectShown(send());
  await expectHidden(stop());
  await expectHidden(page.locator("#connection"));
  await expectTyped("half a thought");
  expect(await violations()).toEqual([]);
  let asked = 0;
  page.on("request", () => asked++);
  await page.clock.fastForward(600_000);
  expect(asked).toBe(0);
  expect(await alert.count()).toBe(1);
  expect(await announcements()).not.toContain("Reconnected.");
});

it("keeps trying while a proxy answers 404 in place of the server", async () => {
  await open();
  const reply = await ask("go on", ["One", " two"]);
  reply.next();
  await page.getByText("One", { exact: true }).waitFor();
  await expectStream();
  const asked = new EventEmitter();
  const pages = once(asked, "page");
  const inConversation = "**/conversations/**";
  await page.route(inConversation, async (route) => {
    await route.fulfill({ status: 404, body: "404 page not found" });
    if (!route.request().url().includes("/events")) asked.emit("page");
  });
  web.server.closeAllConnections();
  await pages;
  await page.unroute(inConversation);
  reply.next();
  await expectShown(page.getByText("One two", { exact: true }));
  expect(await page.getByRole("alert").count()).toBe(0);
});

it("closes the stream of a hidden tab, and resumes when the tab is visible", async () => {
  await open();
  const reply = await ask("go on", ["One", " two", " three", " four"]);
  reply.next();
  await page.getByText("One", { exact: true }).waitFor();
  await look(false);
  await expectEventually(async () => expect(await openStreams()).toBe(0));
  reply.next(2);
  await look(true);
  await page.getByText("One two three", { exact: true }).waitFor();
  await look(false);
  await expectEventually(async () => expect(await openStreams()).toBe(0));
  reply.next();
  await look(true);
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectShown(page.getByText("One two three four", { exact: true }));
  await expectHidden(page.locator("#connection"));
});
