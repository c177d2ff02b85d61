/// <reference lib="dom" />
import {
  articles,
  ask,
  clipboard,
  open,
  page,
  readClipboard,
  say,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";

useBrowser();

const code = "```python\ndef f(x):\n    return 'a'  # why\n```";

const text = `A **bold** word, \`code\`, a [link](https://a.example/b) and $x^2$.

# Heading

- [ ] open
- [x] done

| a | b |
|---|---|
| 1<br>2 | H<sub>2</sub>O |

${code}

$$
\\frac{a}{b}
$$

A note[^1] and a [reference][r]; press <kbd>Enter</kbd>.

<details>
<summary>More</summary>

Hidden.

</details>

[^1]: The note.
[r]: https://r.example/
`;

const reply = () => articles().last().locator(".text");

const shown = () => reply().evaluate((it) => it.innerHTML.replace(/\s+/g, " "));

it.each([true, false])(
  "shows code, formulas, tasks, notes and tags (JavaScript: %s)",
  async (javaScriptEnabled) => {
    await open({ javaScriptEnabled });
    web.api.script = () => [text];
    await page.getByRole("textbox", { name: "Message" }).fill("hello");
    await page.getByRole("button", { name: "Send" }).click();
    await reply().getByText("The note.").waitFor();
    await page.locator(".writing").waitFor({ state: "detached" });
    if (!javaScriptEnabled) await page.goto(page.url());
    expect(await reply().locator(".bar span").innerText()).toBe("Python");
    expect(await reply().locator("math").count()).toBe(2);
    expect(await reply().getByRole("checkbox", { name: "Done" }).count()).toBe(
      1,
    );
    expect(await reply().locator("td br, td sub, kbd").count()).toBe(3);
    const link = reply().getByRole("link", { name: "reference" });
    expect(await link.getAttribute("href")).toBe("https://r.example/");
    await reply().getByText("More").click();
    await reply().getByText("Hidden.").waitFor();
    const note = await reply().locator("sup a").getAttribute("href");
    expect(
      await reply()
        .locator(note ?? "")
        .innerText(),
    ).toContain("The note.");
    const colors = await reply()
      .locator(".k, .f, .s, .c")
      .evaluateAll((all) => all.map((it) => getComputedStyle(it).color));
    expect(new Set(colors).size).toBe(4);
    expect(await reply().locator(".copy").isVisible()).toBe(javaScriptEnabled);
  },
);

it.each([true, false])(
  "wraps the lines of a code block on request (JavaScript: %s)",
  async (javaScriptEnabled) => {
    await open({ javaScriptEnabled });
    web.api.script = () => [`\`\`\`js\n${"word ".repeat(200)}\n\`\`\``];
    await page.getByRole("textbox", { name: "Message" }).fill("hello");
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator(".writing").waitFor({ state: "detached" });
    const pre = reply().locator("pre");
    const isScrolled = () =>
      pre.evaluate((it) => it.scrollWidth > it.clientWidth);
    await pre.waitFor();
    expect(await isScrolled()).toBe(true);
    await reply().getByText("Wrap").or(reply().locator(".bar label")).click();
    expect(await isScrolled()).toBe(false);
  },
);

it("shows no markup while it arrives, and nothing else in the end", async () => {
  await open();
  const steps = text.match(/[^]{1,5}/g) ?? [];
  const arriving = await ask("go on", steps);
  const markup = /\*\*|`|\$|\]\(|\[\^|\|--|^#|<\/?[a-z]+>|\\frac|&\w+;/m;
  for (let step = 1; step < steps.length; step++) {
    arriving.next();
    const words = await reply().evaluate((it) => (it as HTMLElement).innerText);
    expect(words).not.toMatch(markup);
  }
  await reply().getByText("The note.").waitFor();
  const before = await shown();
  arriving.next();
  await page.locator(".writing").waitFor({ state: "detached" });
  await reply().getByRole("link", { name: "reference" }).waitFor();
  const after = (await shown()).replace(/<a [^>]*>reference<\/a>/, "reference");
  expect(after).toBe(before);
});

it("copies highlighted code as it was written, and shows code in a prompt", async () => {
  await open(clipboard);
  web.api.script = () => [code];
  await say(`Why?\n\n${code}\n\nThanks.`);
  for (const article of [articles().first(), articles().last()]) {
    await page.locator("#status").evaluate((it) => it.replaceChildren());
    await article.getByRole("button", { name: "Copy code" }).click();
    await page
      .locator("#status")
      .getByText("Copied")
      .waitFor({ state: "attached" });
    expect(await readClipboard()).toBe("def f(x):\n    return 'a'  # why\n");
  }
  const prompt = articles().first().locator(".text");
  expect(await prompt.locator("> div:not(.code)").allInnerTexts()).toEqual([
    "Why?",
    "Thanks.",
  ]);
});

it.each(["light", "dark"] as const)(
  "has enough contrast and names, in %s",
  async (colorScheme) => {
    await open({ colorScheme, bypassCSP: true });
    web.api.script = () => [
      text,
      "\n\n```diff\n-a\n+b\n@@ 1\n```\n\n```ts\nconst a: number = 1; // b\n```\n",
    ];
    await say(code);
    expect(await violations()).toEqual([]);
  },
);
