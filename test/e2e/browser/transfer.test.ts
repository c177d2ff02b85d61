/// <reference lib="dom" />
import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  assistant,
  chatGptConversation,
  user,
} from "../../support/chatgpt-export";
import {
  articles,
  open,
  page,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectShown } from "../../support/start-browser";
import { temporaryFolders } from "../../support/temporary-folder";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const temporaryFolder = temporaryFolders();

const ways = [
  ["with a script", true],
  ["without a script", false],
] as const;

const file = (...titles: string[]) => ({
  name: "conversations.json",
  mimeType: "application/json",
  buffer: Buffer.from(
    JSON.stringify(
      titles.map((title) =>
        chatGptConversation(title, [
          user(`About ${title}`),
          assistant("| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet x;\n```"),
        ]),
      ),
    ),
  ),
});

/** Imports a file, and waits for the report. */
async function importFile(...titles: string[]): Promise<void> {
  await page.goto(`${web.address}/data`);
  await page.getByRole("link", { name: "Import conversations…" }).click();
  await page.getByLabel("File", { exact: true }).setInputFiles(file(...titles));
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expectShown(page.getByRole("link", { name: "Show conversations" }));
}

describe.each(ways)("%s", (_, javaScriptEnabled) => {
  it("imports a file, says what was imported, and lists the conversations", async () => {
    await open({ javaScriptEnabled });
    await importFile("Rome", "Oslo");
    await expectShown(page.getByText("2 conversations were imported."));
    await page.getByRole("link", { name: "Show conversations" }).click();
    await page.getByRole("main").getByRole("link", { name: "Oslo" }).click();
    await expectShown(articles().getByText("About Oslo"));
  });

  it("shows the sentence about a file that can't be imported", async () => {
    await open({ javaScriptEnabled });
    await page.goto(`${web.address}/data/imports`);
    const buffer = Buffer.from("PK\u0003\u0004");
    await page
      .getByLabel("File", { exact: true })
      .setInputFiles({ name: "a.zip", mimeType: "application/zip", buffer });
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await expectShown(page.getByText("Unpack it"));
  });

  it("forks a conversation from a message, and opens the fork", async () => {
    await open({ javaScriptEnabled });
    await importFile("Rome");
    await page.getByRole("link", { name: "Show conversations" }).click();
    await page.getByRole("main").getByRole("link", { name: "Rome" }).click();
    await articles().nth(1).hover();
    const fork = articles()
      .nth(1)
      .getByRole("button", { name: "Fork from here" });
    await fork.click();
    await expectShown(page.getByRole("heading", { name: "Rome (2)" }));
    await expectEventually(async () =>
      expect(await articles().count()).toBe(2),
    );
  });

  it("downloads a page that opens by itself and requests nothing", async () => {
    await open({ javaScriptEnabled });
    await importFile("Rome");
    await page.getByRole("link", { name: "Show conversations" }).click();
    await page.getByRole("main").getByRole("link", { name: "Rome" }).click();
    await page.getByLabel("Conversation options").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "HTML", exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("Rome.html");
    const saved = path.join(await temporaryFolder(), "Rome.html");
    await download.saveAs(saved);
    const requests: string[] = [];
    const refused: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (line) => refused.push(line.text()));
    await page.goto(`file://${saved}`);
    await expectShown(page.getByRole("heading", { name: "Rome" }));
    expect(requests).toEqual([`file://${saved}`]);
    expect(refused).toEqual([]);
    const [measure] = await page
      .locator(".code")
      .evaluateAll((all) =>
        all.map((one) => getComputedStyle(one).borderTopWidth),
      );
    expect(measure).toBe("1px");
  });
});

it("has accessible pages of imports, and of exports in light and dark", async () => {
  await open({ bypassCSP: true });
  await page.goto(`${web.address}/data/imports`);
  expect(await violations()).toEqual([]);
  await importFile("Rome");
  expect(await violations()).toEqual([]);
  const html = await page.evaluate(async () =>
    (await fetch("/data/download?format=html")).text(),
  );
  const saved = path.join(await temporaryFolder(), "all.html");
  await writeFile(saved, html);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`file://${saved}`);
    expect(await violations()).toEqual([]);
  }
});
