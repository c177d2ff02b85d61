import {
  articles,
  endless,
  isFocused,
  message,
  open,
  page,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden } from "../../support/start-browser";
import { waitFor } from "../../support/wait-for";

useBrowser();

const press = (...keys: string[]) =>
  keys.reduce(
    (before, key) => before.then(() => page.keyboard.press(key)),
    Promise.resolve(),
  );

/** Presses Tab until an element with this name is focused. */
async function tabTo(name: RegExp | string): Promise<void> {
  const wanted = page
    .getByRole("button", { name })
    .or(page.getByRole("link", { name }))
    .or(page.getByLabel(name))
    .last();
  for (let presses = 0; presses < 120; presses++) {
    if (await isFocused(wanted)) return;
    await press("Tab");
  }
  throw new Error(`Tab never reached ${name}`);
}

it("is enough for a whole conversation", async () => {
  await open();
  await waitFor(() => isFocused(message()));
  await page.keyboard.type("hello");
  await press("Enter");
  await page.getByText("You said: hello", { exact: true }).waitFor();
  await page.keyboard.type("one");
  await press("Shift+Enter");
  await page.keyboard.type("two");
  web.api.script = endless;
  await press("Enter");
  await page.locator(".writing").waitFor();
  await tabTo("Stop");
  web.api.script = (prompt) => [`Now you said: ${prompt}`];
  await press("Enter");
  await page.getByText("Stopped.", { exact: true }).waitFor();
  await tabTo("Edit message");
  await press("Enter");
  const box = page.getByRole("textbox", { name: "Edited message" });
  await waitFor(() => isFocused(box));
  await press("Escape");
  await expectHidden(box);
  await tabTo("Edit message");
  await press("Enter");
  await waitFor(() => isFocused(box));
  await box.fill("three");
  await press("Control+Enter");
  await page.getByText("Now you said: three", { exact: true }).waitFor();
  await tabTo("Version 1");
  await press("Enter");
  await page.getByText("Version 1 of 2").waitFor();
  await tabTo("Delete message and reply");
  await press("Enter");
  await page.getByText("Message and reply deleted.").waitFor();
  await tabTo("Undo");
  await press("Enter");
  await page.getByText("Stopped.", { exact: true }).waitFor();
  await press("Control+k");
  await waitFor(() =>
    isFocused(page.getByRole("searchbox", { name: "Search" }).first()),
  );
  await page.keyboard.type("hello");
  await press("Enter");
  await page.waitForURL(/search\?q=hello/);
});

it("closes the list of keys with Escape, and lets the reply go on", async () => {
  await open();
  web.api.script = endless;
  await page.keyboard.type("go on");
  await press("Enter");
  await page.locator(".writing").waitFor();
  await press("Control+/");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await dialog.waitFor();
  const stops: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") stops.push(request.url());
  });
  await press("Escape");
  await expectHidden(dialog);
  expect(stops).toEqual([]);
  await press("Escape");
  await waitFor(() => stops.length > 0);
});

it("lists the keys, and lets single keys be switched off", async () => {
  await open();
  await say("hello");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await press("?");
  expect(await message().inputValue()).toBe("?");
  await message().fill("");
  await articles().first().click();
  await press("?");
  await dialog.waitFor();
  await dialog.getByRole("checkbox").click();
  await press("Escape");
  await expectHidden(dialog);
  await articles().first().click();
  await press("?");
  await expectHidden(dialog);
  await press("Control+/");
  await dialog.waitFor();
  expect(await dialog.getByRole("checkbox").isChecked()).toBe(false);
});
