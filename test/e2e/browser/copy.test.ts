/// <reference lib="dom" />
import {
  announcements,
  articles,
  clipboard,
  open,
  page,
  readClipboard,
  recordAnnouncements,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { waitFor } from "../../support/wait-for";

useBrowser();

it("copies a code block", async () => {
  await open({ permissions: ["clipboard-read", "clipboard-write"] });
  web.api.script = () => ["```js\nlet x = 1;\n```"];
  await say("code");
  await page.locator(".code .copy").click();
  // The button's text changes for a moment only; the announcement stays.
  await page.locator("#status").getByText("Copied").waitFor({
    state: "attached",
  });
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    "let x = 1;\n",
  );
});

const markdown =
  "A **bold** word.\n\n```js\nlet x = 1;\n```\n\n- \\( x_1 y \\)\n";

it("copies a reply as the model wrote it, and a message as it was typed", async () => {
  await open(clipboard);
  web.api.script = () => [markdown];
  await say("*some* code");
  const status = page.locator("#status");
  for (const [article, expected] of [
    [articles().last(), markdown],
    [articles().first(), "*some* code"],
  ] as const) {
    await status.evaluate((it) => it.replaceChildren());
    await article.locator(".tools .copy").click();
    await status.getByText("Copied").waitFor({ state: "attached" });
    expect(await readClipboard()).toBe(expected);
  }
});

it("announces and selects the words of a reply, without those of its buttons", async () => {
  await open();
  web.api.script = () => [markdown];
  await recordAnnouncements();
  await say("code");
  const text = articles().last().locator(".text");
  const selected = await text.evaluate((it) => {
    getSelection()?.selectAllChildren(it);
    return String(getSelection());
  });
  const announced = await waitFor(async () =>
    (await announcements()).find((said) => said.includes("replied")),
  );
  for (const words of [selected, announced]) {
    expect(words.replace(/\s+/g, " ").trim()).toMatch(
      /A bold word\. (?:JavaScript )?let x = 1; 𝑥 1 𝑦$/u,
    );
  }
});
