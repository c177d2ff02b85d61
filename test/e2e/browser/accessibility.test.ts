/// <reference lib="dom" />
import type { BrowserContextOptions } from "playwright-core";
import {
  endless,
  heading,
  message,
  open,
  page,
  say,
  stop,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";

useBrowser();

const rich =
  "# Title\n\ntext `code` [link](https://example.org)\n\n- a\n- b\n\n> quote\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```js\nlet x = 1;\n```";

it.each<[string, BrowserContextOptions]>([
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["phone", { viewport: { width: 390, height: 844 } }],
])("passes the accessibility checker: %s", async (_, options) => {
  await open({ bypassCSP: true, ...options });
  expect(await violations()).toEqual([]);
  web.api.script = () => [rich];
  await say("everything");
  expect(await violations()).toEqual([]);
  await page.getByLabel("Conversation options").click();
  expect(await violations()).toEqual([]);
  web.api.script = endless;
  await page.keyboard.press("Escape");
  await message().fill("more");
  await message().press("Enter");
  await stop().waitFor();
  expect(await violations()).toEqual([]);
  await stop().click();
  await page.getByText("Stopped.", { exact: true }).waitFor();
  for (const path of ["/projects", "/search?q=everything", "/conversations"]) {
    await page.goto(web.address + path);
    expect(await violations()).toEqual([]);
  }
  await page.goto(`${web.address}/projects`);
  await page.getByLabel("Name").fill("Letters");
  await page.getByRole("button", { name: "Create project" }).click();
  await heading("Usage").waitFor();
  expect(await violations()).toEqual([]);
  await page.goto(`${web.address}/nothing`);
  expect(await violations()).toEqual([]);
});
