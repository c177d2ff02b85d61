/// <reference lib="dom" />
import {
  articles,
  ask,
  open,
  page,
  say,
  stop,
  useBrowser,
  web,
} from "../../support/chat-page";

useBrowser();

const rich = [
  "# Title",
  "text `code`",
  `\`\`\`js\nlet x = "${"long ".repeat(60)}"; // note\n\`\`\``,
  "| a | b |\n|-|-|\n| 1 | 2 |",
].join("\n\n");

const styleOf = (selector: string, name: string) =>
  page
    .locator(selector)
    .first()
    .evaluate(
      (it, property) => getComputedStyle(it).getPropertyValue(property),
      name,
    );

/** The luminance of a color as the browser gives it, from 0 to 1. */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? [])
    .map((value) => Number(value) / 255)
    .map((value) =>
      value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
    );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

it("prints the messages alone, whole, and dark on white, also from a dark screen", async () => {
  await open({ colorScheme: "dark", viewport: { width: 900, height: 600 } });
  web.api.script = () => [rich];
  await say("a question");
  await say("another question");
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const hidden of [".side", ".composer", ".tools", ".bar .copy"]) {
    expect(await styleOf(hidden, "display")).toBe("none");
  }
  expect(await articles().count()).toBe(4);
  expect(await styleOf(".log", "overflow")).toBe("visible");
  // Nothing is cut off: neither below the first page, nor beside it.
  const isCut = await page
    .locator("pre")
    .first()
    .evaluate((it) => it.scrollWidth > it.clientWidth + 1);
  expect(isCut).toBe(false);
  for (const part of [".from-you .text", ".from-model .text p", "pre code"]) {
    expect(luminanceOf(await styleOf(part, "color"))).toBeLessThan(0.05);
  }
  for (const sign of [".k", ".s", ".c"]) {
    expect(luminanceOf(await styleOf(sign, "color"))).toBeLessThan(0.18);
  }
  expect(await styleOf("body", "background-color")).toBe("rgb(255, 255, 255)");
  const pdf = await page.pdf();
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
});

it("says in print that earlier messages are left out", async () => {
  await open();
  await say("one");
  await say("two");
  // As a page of a conversation with more than 40 messages has it.
  await page.goto(`${page.url()}?before=3`);
  await page.getByRole("link", { name: "Jump to latest" }).waitFor();
  await page.emulateMedia({ media: "print" });
  const said = await page
    .locator(".older a")
    .first()
    .evaluate((it) => getComputedStyle(it, "::after").content);
  expect(said).toContain("are not printed");
});

it.each([
  ["reduce", "none"],
  ["no-preference", "blink"],
] as const)(
  "moves nothing where the visitor asks for reduced motion: %s",
  async (reducedMotion, animation) => {
    await open({ reducedMotion, viewport: { width: 390, height: 800 } });
    await ask("hello", ["One", " two"]).then((reply) => reply.next());
    await stop().waitFor();
    await page.getByText("One", { exact: true }).waitFor();
    const cursor = await page
      .locator(".writing .text > p")
      .evaluate((it) => getComputedStyle(it, "::after").animationName);
    expect(cursor).toBe(animation);
    const moves = (await styleOf(".side", "transition-duration")) !== "0s";
    expect(moves).toBe(reducedMotion === "no-preference");
  },
);

/** The font sizes of some parts of a page. */
const sizes = () =>
  Promise.all(
    [".from-model .text p", "#message", ".list a", "time", "code"].map(
      async (part) => parseFloat(await styleOf(part, "font-size")),
    ),
  );

it("follows the browser's own font size, in text, lists and controls, without a scroll bar", async () => {
  web.api.script = () => [rich];
  await open();
  await say("a question");
  const usual = await sizes();
  const devtools = await page.context().newCDPSession(page);
  // As if the visitor had chosen a default size of 32 pixels.
  const fontSizes = { standard: 32, fixed: 26 };
  await devtools.send("Page.setFontSizes", { fontSizes });
  await page.reload();
  const large = await sizes();
  for (const [index, size] of usual.entries()) {
    expect(large[index]! / size).toBeCloseTo(2, 1);
  }
  const fits = "document.documentElement.scrollWidth <= innerWidth";
  expect(await page.evaluate(fits)).toBe(true);
});
