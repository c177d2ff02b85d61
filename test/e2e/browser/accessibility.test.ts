/// <reference lib="dom" />
import type { BrowserContextOptions } from "playwright-core";
import {
  endless,
  heading,
  message,
  open,
  page,
  say,
  send,
  stop,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { failure } from "../../support/scripted-stream";

useBrowser();

const rich =
  "# Title\n\ntext `code` [link](https://example.org)\n\n- a\n- b\n\n> quote\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```js\nlet x = 1;\n```";

it.each<[string, BrowserContextOptions]>([
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["high contrast", { forcedColors: "active" }],
  ["high contrast, dark", { forcedColors: "active", colorScheme: "dark" }],
  ["tablet", { viewport: { width: 768, height: 1024 } }],
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
  web.api.script = () => [
    { kind: "reasoning", text: "Two roads." },
    "The short one.",
  ];
  await say("think");
  await page.getByText(/^Thought for/).click();
  expect(await violations()).toEqual([]);
  await page.getByLabel("Edit message", { exact: true }).last().click();
  await page.getByRole("textbox", { name: "Edited message" }).waitFor();
  expect(await violations()).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Regenerate" }).click();
  await page.getByText("Version 2 of 2").waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
  expect(await violations()).toEqual([]);
  web.api.script = () => [failure("No model.")];
  await message().fill("fail");
  await send().click();
  await page.getByRole("button", { name: "Retry" }).waitFor();
  expect(await violations()).toEqual([]);
  await page.keyboard.press("Control+/");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  expect(await violations()).toEqual([]);
  await page.keyboard.press("Escape");
  for (const path of [
    "/projects",
    "/search?q=everything",
    "/conversations",
    "/data",
    "/data/delete",
  ]) {
    await page.goto(web.address + path);
    expect(await violations()).toEqual([]);
  }
  await page.goto(`${web.address}/conversations`);
  const rows = page.getByRole("main").getByRole("button");
  await rows.filter({ visible: true }).first().click();
  const rename = page.getByRole("link", { name: "Rename…" });
  await rename.filter({ visible: true }).waitFor();
  expect(await violations()).toEqual([]);
  await rename.filter({ visible: true }).click();
  await page.getByRole("dialog", { name: "Rename" }).waitFor();
  expect(await violations()).toEqual([]);
  await page.goto(`${web.address}/projects`);
  await page.getByLabel("Name").fill("Letters");
  await page.getByRole("button", { name: "Create project" }).click();
  await heading("Letters").waitFor();
  expect(await violations()).toEqual([]);
  for (const tab of ["Instructions", "Usage"]) {
    await page.getByRole("link", { name: tab }).click();
    await page.locator(`.tabs [aria-current]`).getByText(tab).waitFor();
    expect(await violations()).toEqual([]);
  }
  await page.goto(`${web.address}/nothing`);
  expect(await violations()).toEqual([]);
});
