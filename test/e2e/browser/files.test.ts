/// <reference lib="dom" />
import { readFile } from "node:fs/promises";
import {
  articles,
  endless,
  isFocused,
  message,
  open,
  page,
  send,
  stop,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { png } from "../../support/sample-files";
import { expectEventually, waitFor } from "../../support/wait-for";

useBrowser();

const picture = { name: "dot.png", mimeType: "image/png", buffer: png(64, 48) };
const notes = textFile("notes.txt");
const archive = {
  name: "bad.bin",
  mimeType: "application/octet-stream",
  buffer: Buffer.from([0, 1, 2, 255, 254]),
};

function textFile(name: string, text = "Some notes.") {
  return { name, mimeType: "text/plain", buffer: Buffer.from(text) };
}

const input = () => page.getByLabel("Attach up to 5 files of 20 MB");

/** The attachments of the message in the box. */
const attached = () => page.locator("#attached li");

/** Waits until this many files were stored. */
const expectStored = (count: number) =>
  expectEventually(async () =>
    expect(await attached().locator("input").count()).toBe(count),
  );

const remove = (name: string) =>
  page.getByRole("button", { name: `Remove ${name}` });

const image = (name: string) => articles().getByRole("img", { name });

const link = (name: string) => articles().getByRole("link", { name });

async function sendText(text: string): Promise<void> {
  await message().fill(text);
  await message().press("Enter");
}

/** Gives the page files as another program does. */
const hand = (event: "paste" | "drop", name: string) =>
  page.evaluate(
    ([type, fileName]) => {
      const data = new DataTransfer();
      data.items.add(new File(["words"], fileName));
      const init = { bubbles: true, cancelable: true };
      const made =
        type === "paste"
          ? new ClipboardEvent("paste", { ...init, clipboardData: data })
          : new DragEvent("drop", { ...init, dataTransfer: data });
      document.querySelector("#message")?.dispatchEvent(made);
    },
    [event, name] as const,
  );

it("sends a picture and a text, shows the picture, and opens it", async () => {
  await open({ bypassCSP: true });
  await input().setInputFiles([picture, notes]);
  await expectStored(2);
  expect(await violations()).toEqual([]);
  await sendText("See these");
  await expectShown(image("dot.png"));
  await expectShown(link("notes.txt"));
  expect(await attached().count()).toBe(0);
  await waitFor(() =>
    image("dot.png").evaluate(
      (it) => it instanceof HTMLImageElement && it.naturalWidth === 64,
    ),
  );
  await page.locator(".writing").waitFor({ state: "detached" });
  expect(await violations()).toEqual([]);
  const [opened] = await Promise.all([
    page.context().waitForEvent("page"),
    image("dot.png").click(),
  ]);
  await opened.waitForLoadState();
  expect(await opened.locator("img").count()).toBe(1);
});

it("saves a text file instead of opening it", async () => {
  await open();
  await input().setInputFiles(notes);
  await expectStored(1);
  await sendText("See this");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    link("notes.txt").click(),
  ]);
  expect(download.suggestedFilename()).toBe("notes.txt");
  expect(await readFile(await download.path(), "utf8")).toBe("Some notes.");
});

it("attaches what is pasted and dropped", async () => {
  await open();
  await hand("paste", "pasted.txt");
  await hand("drop", "dropped.txt");
  await expectStored(2);
  await sendText("Both");
  await expectShown(link("pasted.txt"));
  await expectShown(link("dropped.txt"));
});

it("shows the progress of an upload, and sends the message after it", async () => {
  await open();
  let isReleased = false;
  await page.route("**/files", async (route) => {
    await waitFor(() => isReleased);
    await route.continue();
  });
  await input().setInputFiles(notes);
  await expectShown(page.getByRole("progressbar", { name: "notes.txt" }));
  await sendText("Later");
  await expectShown(
    page.getByText("The message is sent when its files have arrived."),
  );
  expect(await articles().count()).toBe(0);
  isReleased = true;
  await expectShown(link("notes.txt"));
});

it("says why a file is refused, and sends the message without it", async () => {
  await open({ bypassCSP: true });
  const large = textFile("big.txt", "a".repeat(20 * 1024 ** 2 + 1));
  await input().setInputFiles([notes, archive, large]);
  await expectShown(page.getByText("“bad.bin” is neither text in UTF-8"));
  await expectShown(page.getByText("Too large: a file may have 20 MB."));
  await expectStored(1);
  expect(await violations()).toEqual([]);
  await sendText("All of them");
  await waitFor(() => isFocused(remove("bad.bin")));
  expect(await articles().count()).toBe(0);
  await page.keyboard.press("Enter");
  await remove("big.txt").click();
  await waitFor(() => isFocused(message()));
  await message().press("Enter");
  await expectShown(link("notes.txt"));
});

it("refuses more files than a message can have", async () => {
  await open();
  const files = ["1", "2", "3", "4", "5", "6"].map((name) => textFile(name));
  await input().setInputFiles(files);
  await expectShown(page.getByText("A message can have 5 files."));
  await expectStored(5);
});

it("does not send a file that was removed", async () => {
  await open();
  await input().setInputFiles([notes, picture]);
  await expectStored(2);
  await remove("notes.txt").click();
  await sendText("One");
  await expectShown(image("dot.png"));
  expect(await link("notes.txt").count()).toBe(0);
});

it("queues a message with its files", async () => {
  await open();
  web.api.script = endless;
  await sendText("first");
  await stop().waitFor();
  await input().setInputFiles(notes);
  await expectStored(1);
  await sendText("second");
  const queue = page.getByRole("region", { name: "Queued messages" });
  await expectShown(queue.getByRole("link", { name: "notes.txt" }));
  await expectHidden(attached());
});

it("keeps the files when a message could not be sent", async () => {
  await open();
  await input().setInputFiles(notes);
  await expectStored(1);
  await page.route("**/conversations", (route) => route.abort());
  await sendText("Not yet");
  await expectShown(page.getByText("Keepsake is unreachable."));
  await expectStored(1);
  await page.unroute("**/conversations");
  await message().press("Enter");
  await expectShown(link("notes.txt"));
});

it("attaches a file by the keyboard alone", async () => {
  await open();
  await message().focus();
  for (let tabs = 0; tabs < 8 && !(await isFocused(input())); tabs++) {
    await page.keyboard.press("Tab");
  }
  expect(await isFocused(input())).toBe(true);
  const limits = await page.getByText("Attach up to 5 files").boundingBox();
  expect(limits?.width).toBeGreaterThan(100);
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.keyboard.press("Space"),
  ]);
  await chooser.setFiles(notes);
  await expectStored(1);
  await waitFor(() => isFocused(message()));
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await expectShown(link("notes.txt"));
});

it("fits a narrow screen", async () => {
  await open({ viewport: { width: 360, height: 640 } });
  const name = `${"long".repeat(50)}.txt`;
  const wide = { ...picture, buffer: png(3000, 200) };
  await input().setInputFiles([textFile(name), wide, archive]);
  await expectStored(2);
  await remove("bad.bin").click();
  await message().fill("Wide");
  await send().click();
  await expectShown(image("dot.png"));
  const width = await page.evaluate(() => document.body.scrollWidth);
  expect(width).toBeLessThanOrEqual(360);
});

describe("without a script", () => {
  beforeEach(() => open({ javaScriptEnabled: false }));

  it("sends files with the message", async () => {
    await input().setInputFiles([picture, notes]);
    await message().fill("See these");
    await send().click();
    await expectShown(image("dot.png"));
    await expectShown(link("notes.txt"));
  });

  it("keeps the good files when one is refused", async () => {
    await input().setInputFiles([notes, archive]);
    await message().fill("My words");
    await send().click();
    await expectShown(page.getByText("“bad.bin” is neither text in UTF-8"));
    expect(await message().inputValue()).toBe("My words");
    expect(await page.getByLabel("notes.txt").isChecked()).toBe(true);
    await send().click();
    await expectShown(link("notes.txt"));
  });
});

/** The attachment has arrived, and its page is loaded again. */
async function attachAndReload(): Promise<void> {
  await open();
  await input().setInputFiles(notes);
  await expectStored(1);
  await page.reload();
  await expectStored(1);
}

it("keeps attached files when the page is loaded again, and sends them alone", async () => {
  await attachAndReload();
  await send().click();
  await expectShown(link("notes.txt"));
  await page.goto(web.address);
  await message().fill("nothing attached");
  expect(await attached().count()).toBe(0);
});

it("says that an attached file is no longer stored", async () => {
  await attachAndReload();
  const id = await attached().locator("input").getAttribute("name");
  await page.request.post(
    `${web.address}/files/${id?.slice("file-".length)}/delete`,
    { headers: { origin: web.address } },
  );
  await page.reload();
  await expectShown(page.getByText("No longer stored:"));
  await remove("notes.txt").click();
  await page.reload();
  await message().fill("again");
  expect(await attached().count()).toBe(0);
});

it("scales a picture that exceeds the model's bounds, keeps its type, and says so", async () => {
  web.api.models = web.api.models.map((model) => ({
    ...model,
    takes: { images: { maxBytes: 1_000_000, maxCount: 5, maxSide: 100 } },
  }));
  await open();
  const wide = { ...picture, name: "wide.png", buffer: await drawn(400, 200) };
  await input().setInputFiles(wide);
  await expectShown(page.getByText("scaled to 100 × 50 pixels"));
  await expectStored(1);
  await sendText("Look");
  await expectShown(image("wide.png"));
  expect(await image("wide.png").getAttribute("width")).toBe("100");
});

/** A picture that browsers can decode. */
async function drawn(width: number, height: number): Promise<Buffer> {
  const url = await page.evaluate(
    (size) => {
      const canvas = Object.assign(document.createElement("canvas"), size);
      return canvas.toDataURL("image/png");
    },
    { width, height },
  );
  return Buffer.from(url.split(",")[1] ?? "", "base64");
}
