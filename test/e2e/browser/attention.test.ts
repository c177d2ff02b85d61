/// <reference lib="dom" />
import {
  ask,
  endless,
  message,
  open,
  page,
  say,
  stop,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const icon = () =>
  page.locator("link[rel=icon]").evaluate((it) => (it as HTMLLinkElement).href);

/** The mark of the only conversation in the list. */
const mark = () => page.locator("a[data-at] .mark");

/** Tells the page that its tab is hidden or shown, as the browser would. */
const setHidden = (isHidden: boolean) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

it("changes the icon and the title of a hidden tab whose reply has ended, until the tab is shown", async () => {
  await open();
  const idle = await icon();
  const reply = await ask("hello", ["One", " two"]);
  await stop().waitFor();
  await setHidden(true);
  expect(await icon()).toBe(idle);
  reply.next(2);
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectEventually(async () => expect(await icon()).not.toBe(idle));
  expect(await page.title()).toMatch(/^● /);
  const done = await page.request.get(await icon());
  expect(done.headers()["content-type"]).toContain("image/svg+xml");
  await setHidden(false);
  expect(await icon()).toBe(idle);
  expect(await page.title()).not.toMatch(/^●/);
});

it("leaves the icon of a tab in view as it is", async () => {
  await open();
  const idle = await icon();
  await say("hello");
  expect(await icon()).toBe(idle);
});

it("marks a conversation that was left while its reply was written, and its new reply", async () => {
  await open();
  const reply = await ask("hello", ["One", " two"]);
  await stop().waitFor();
  await page.goto(web.address);
  await mark().waitFor();
  expect(await mark().innerText()).toBe("replying");
  reply.next(2);
  await expectEventually(async () => {
    await page.reload();
    expect(await mark().innerText()).toBe("new reply");
  });
  await page.locator("a[data-at]").click();
  await page.goto(web.address);
  await page.locator("a[data-at]").waitFor();
  expect(await mark().count()).toBe(0);
});

it("marks a conversation with queued messages, on its own page and on others", async () => {
  web.api.script = endless;
  await open();
  await message().fill("first");
  await message().press("Enter");
  await stop().waitFor();
  for (const count of [1, 2]) {
    await message().fill(`later ${count}`);
    await message().press("Enter");
    await expectEventually(async () =>
      expect(await mark().allInnerTexts()).toEqual([`${count} queued`]),
    );
  }
  const address = page.url();
  await page.goto(web.address);
  await expectEventually(async () =>
    expect(await mark().allInnerTexts()).toEqual(["2 queued"]),
  );
  await page.goto(address);
  for (const left of [["1 queued"], []]) {
    await page.getByRole("button", { name: "Withdraw" }).first().click();
    await expectEventually(async () =>
      expect(await mark().allInnerTexts()).toEqual(left),
    );
  }
});
