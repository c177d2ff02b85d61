/// <reference lib="dom" />
import type { Page } from "playwright-core";
import {
  articles,
  clipboard,
  heading,
  message,
  open,
  page,
  readClipboard,
  say,
  send,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const rich = "Some `code`:\n\n```js\nlet x = 1;\n```\n\nAnd $x^2$.";

/** Opens the page about sharing from the conversation's options, by the keyboard alone. */
async function openShare(): Promise<void> {
  await page.getByLabel("Conversation options").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Share…" }).focus();
  await page.keyboard.press("Enter");
  await heading("Share").waitFor();
}

async function createLink(): Promise<string> {
  await page.getByRole("button", { name: "Create link" }).press("Enter");
  await expectShown(page.getByText("Link created."));
  return page.locator(".link a").first().innerText();
}

/** Opens an address in another person's browser. */
async function asStranger(
  address: string,
  look: (other: Page) => Promise<void>,
): Promise<void> {
  const context = await page.context().browser()!.newContext();
  try {
    const other = await context.newPage();
    await other.goto(address);
    await look(other);
    expect(await context.cookies()).toEqual([]);
  } finally {
    await context.close();
  }
}

it("shares a conversation by the keyboard, copies the link, and revokes it", async () => {
  await open({ ...clipboard, bypassCSP: true });
  web.api.script = () => [rich];
  await say("Show me");
  await openShare();
  await expectShown(page.getByText("Anyone who has the link can read"));
  const address = await createLink();
  expect(address).toMatch(new RegExp(`^${web.address}/shared/[a-z2-7]{26}$`));
  expect(await violations()).toEqual([]);
  await page.getByRole("button", { name: "Copy link" }).press("Enter");
  await expectEventually(async () =>
    expect(await readClipboard()).toBe(address),
  );
  await asStranger(address, async (other) => {
    await expectShown(other.getByRole("heading", { name: "Show me" }));
    await expectShown(other.locator(".code code"));
    await expectShown(other.locator("math"));
    expect(await other.locator("script, form").count()).toBe(0);
  });
  await page.getByRole("button", { name: "Revoke" }).press("Enter");
  await expectShown(page.getByText("The link was revoked."));
  await expectShown(page.getByText("No links."));
  await asStranger(address, (other) =>
    expectShown(other.getByText("This link does not exist")),
  );
});

it("tells no other site where a shared conversation is", async () => {
  await open();
  web.api.script = () => ["A [link](https://example.com/elsewhere)."];
  await say("Link me");
  await openShare();
  const address = await createLink();
  await asStranger(address, async (other) => {
    await other.context().route("https://example.com/**", async (route) => {
      expect(route.request().headers()).not.toHaveProperty("referer");
      await route.fulfill({ body: "Elsewhere" });
    });
    const link = other.getByRole("link", { name: "link" });
    const href = await link.getAttribute("href");
    await other.evaluate((to) => location.assign(to ?? ""), href);
    await expectShown(other.getByText("Elsewhere"));
    expect(await other.evaluate(() => document.referrer)).toBe("");
  });
});

it("shares and revokes without JavaScript, also from Your data", async () => {
  await open({ javaScriptEnabled: false });
  await message().fill("Hello");
  await send().click();
  await expectShown(articles().nth(1));
  await page.getByLabel("Conversation options").click();
  await page.getByRole("link", { name: "Share…" }).click();
  const address = await createLink();
  await expectHidden(page.getByRole("button", { name: "Copy link" }));
  await asStranger(address, (other) =>
    expectShown(other.getByText("You said: Hello")),
  );
  await page.getByRole("link", { name: "Your data" }).click();
  await page.getByRole("button", { name: "Revoke" }).click();
  await expectShown(page.getByText("The link was revoked."));
  await expectHidden(page.locator(".link"));
});

it.each([
  ["a narrow screen", { viewport: { width: 360, height: 640 } }],
  ["the dark", { colorScheme: "dark" as const }],
])("is accessible and fits on %s", async (_, options) => {
  await open({ ...options, bypassCSP: true });
  web.api.script = () => [rich];
  await say("Show me a long title of a conversation, longer than the screen");
  await page.goto(`${page.url()}/share`);
  const address = await createLink();
  for (const at of [page.url(), address, `${web.address}/shared/x`]) {
    await page.goto(at);
    expect(await violations()).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  }
});
