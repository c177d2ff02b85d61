import {
  articles,
  message,
  open,
  page,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectShown } from "../../support/start-browser";
import { everywhere } from "../../support/start-web";

everywhere.basePath = "/chat";

/* The same flows once more, with every address below a path. */
describe.each(["../noscript.test", "./navigation.test"])("%s", (file) => {
  require(file);
});

describe("below a path", () => {
  useBrowser();

  it("opens a conversation, and sends a file by the script", async () => {
    await open();
    await page.locator("#files").setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("Some notes."),
    });
    await page
      .locator("#attached [type=hidden]")
      .waitFor({ state: "attached" });
    await message().fill("With a file");
    await message().press("Enter");
    const link = articles().getByRole("link", { name: "notes.txt" });
    await expectShown(link);
    expect(await link.getAttribute("href")).toMatch(/^\/chat\//);
    expect(page.url()).toContain(`${web.address}/conversations/`);
    await say("Again");
    const cookies = await page.context().cookies();
    expect(cookies.length).toBeGreaterThan(2);
    for (const cookie of cookies) expect(cookie.path).toBe("/chat/");
  });
});
