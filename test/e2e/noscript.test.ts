import {
  articles,
  message,
  open,
  page,
  send,
  stop,
  useBrowser,
  web,
} from "../support/chat-page";
import { expectHidden, expectShown } from "../support/start-browser";
import { failure } from "../support/scripted-stream";
import { scriptReply } from "../support/start-web";
import { expectEventually } from "../support/wait-for";

useBrowser();
beforeEach(() => open({ javaScriptEnabled: false }));

const goOn = () => page.getByRole("button", { name: "Continue reading" });

/** Sends a message without waiting for the page, which loads as long as the reply lasts. */
async function begin(text: string): Promise<void> {
  await message().fill(text);
  await send().click({ noWaitAfter: true });
}

/** Speeds up the style sheet's delayed animations. */
async function hurryAnimations(playbackRate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Animation.enable");
  await session.send("Animation.setPlaybackRate", { playbackRate });
}

describe("without a script", () => {
  it("shows text before the reply has ended, and all of it in the end", async () => {
    const reply = scriptReply([
      "First **bold** words.\n\n",
      "- a list",
      "\n- of two",
    ]);
    await begin("hello");
    reply.next();
    await page.getByText("First **bold** words.").waitFor();
    await stop().waitFor();
    expect(await page.locator(".ended").count()).toBe(0);
    reply.next(2);
    await page.locator(".ended").waitFor({ state: "attached" });
    await expectEventually(async () => {
      const shown = articles().last();
      expect(await shown.locator("strong").innerText()).toBe("bold");
      const items = await shown.locator("li").allInnerTexts();
      expect(items).toEqual(["a list", "of two"]);
      expect(await page.getByText("**bold**").isVisible()).toBe(false);
      expect(await send().isVisible()).toBe(true);
      expect(await stop().isVisible()).toBe(false);
    });
  });

  it("stops a reply while the page is still loading", async () => {
    const reply = scriptReply(["One", " two"]);
    await begin("hello");
    reply.next();
    await page.getByText("One").last().waitFor();
    await stop().click();
    await page.getByText("Stopped.").waitFor();
    await expectShown(articles().last().getByText("One", { exact: true }));
    await send().waitFor();
    reply.next();
  });

  it("keeps the draft with Stop and with Retry", async () => {
    const reply = scriptReply(["One", " two"]);
    await begin("hello");
    reply.next();
    await page.getByText("One").last().waitFor();
    await message().fill("typed\nmeanwhile");
    await stop().click();
    await page.getByText("Stopped.").waitFor();
    const address = page.url();
    expect(address).toMatch(/\/conversations\/[a-z2-7]{26}$/);
    expect(await message().inputValue()).toBe("typed\nmeanwhile");

    const reason = "The model is busy.";
    const failing = scriptReply(["A beginning", failure(reason)]);
    await send().click({ noWaitAfter: true });
    failing.next();
    await page.getByText("A beginning").last().waitFor();
    await message().fill("typed again");
    failing.next();
    web.api.script = () => ["Here I am."];
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("Here I am.").last().waitFor();
    expect(page.url()).toBe(address);
    expect(await message().inputValue()).toBe("typed again");
    await expectShown(articles().nth(2).getByText("typed meanwhile"));
  });

  it("resumes a reply after a reload", async () => {
    const reply = scriptReply(["One", " two", " three"]);
    await begin("hello");
    reply.next(2);
    await page.getByText("One two").waitFor();
    await page.reload({ waitUntil: "commit" });
    await page.getByText("One two").waitFor();
    expect(await page.locator(".ended").count()).toBe(0);
    reply.next();
    await articles()
      .last()
      .locator("p")
      .getByText("One two three", { exact: true })
      .waitFor();
  });

  it("reports a lost server, and continues with the draft", async () => {
    const reply = scriptReply(["One", " two"]);
    await begin("hello");
    reply.next();
    await page.getByText("One").last().waitFor();
    await message().fill("typed meanwhile");
    expect(await goOn().count()).toBe(0);
    web.server.closeAllConnections();
    await hurryAnimations(1_000);
    await goOn().waitFor();
    await hurryAnimations(1);
    await goOn().click({ noWaitAfter: true });
    reply.next();
    await articles()
      .last()
      .locator("p")
      .getByText("One two", { exact: true })
      .waitFor();
    expect(await message().inputValue()).toBe("typed meanwhile");
  });

  it("reports no lost server after the reply has ended", async () => {
    const reply = scriptReply(["One", " two"]);
    await begin("hello");
    reply.next();
    await page.getByText("One").last().waitFor();
    expect(await page.locator(".pulse").count()).toBeGreaterThan(0);
    reply.next();
    await page.locator(".ended").waitFor({ state: "attached" });
    for (const pulse of await page.locator(".pulse").all()) {
      expect(await pulse.boundingBox()).toBeNull();
    }
  });

  it("shows unfinished text while the reply waits", async () => {
    const reply = scriptReply([
      "One **two",
      { kind: "waiting", ms: 0, message: "Waiting for it." },
      "** three",
    ]);
    await begin("hello");
    reply.next();
    await page.getByText("One **two").waitFor();
    reply.next();
    await page.getByText("Waiting for it.").waitFor();
    await expectShown(articles().last().getByText("One **two"));
    reply.next();
    await articles().last().locator("strong").getByText("two").waitFor();
    await expectHidden(page.getByText("Waiting for it."));
  });

  it("opens a long conversation at its end, and stays there as it grows", async () => {
    web.api.script = () => [
      Array.from({ length: 60 }, (_, i) => `Paragraph ${i}`).join("\n\n"),
    ];
    await begin("a long one");
    await page.locator(".ended, article:not(.writing) + *").first().waitFor({
      state: "attached",
    });
    await page.reload();
    await expectEventually(async () => {
      expect(await page.getByText("Paragraph 59").isVisible()).toBe(true);
      const box = await page.getByText("Paragraph 59").boundingBox();
      expect(box?.y).toBeLessThan(page.viewportSize()?.height ?? 0);
    });
  });

  it("renames, picks models, files into projects, searches and resets by forms alone", async () => {
    await begin("hello there");
    await page.getByText("You said: hello there").last().waitFor();
    await page.getByLabel("Conversation options").click();
    await page.getByLabel("Title").fill("Greetings");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("heading", { name: "Greetings" }).waitFor();

    await page
      .getByRole("combobox", { name: "Model" })
      .selectOption("Model two");
    await begin("again");
    await page.getByText("You said: again").last().waitFor();
    await expectEventually(async () => {
      const model = page.getByRole("combobox", { name: "Model" });
      expect(await model.inputValue()).toBe("eliza/two");
    });

    await page.getByRole("searchbox", { name: "Search" }).fill("there");
    await page.getByRole("searchbox", { name: "Search" }).press("Enter");
    await page.locator("mark").first().waitFor();

    await page.getByText(/^Details/).click();
    await page.getByText("Reset session…").click();
    await page.getByRole("button", { name: "Reset session" }).click();
    await page.getByText("(new)").waitFor();
    await expectEventually(async () => {
      const list = page.getByRole("navigation", { name: "Conversations" });
      expect(await list.innerText()).not.toContain("Greetings");
    });
  });
});
