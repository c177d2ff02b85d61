/// <reference lib="dom" />
import { articles, open, say, useBrowser, web } from "../../support/chat-page";

useBrowser();

it("mirrors lists, quotes and tables of right-to-left text, and no others", async () => {
  await open();
  web.api.script = () => [
    [
      "- مرحبا بالعالم\n- واحد\n\n  ```js\n  let x;\n  ```",
      "> اقتباس",
      "| الاسم | القيمة |\n|---|--:|\n| مرحبا | 1 |",
      "1. English first\n2. مرحبا",
    ].join("\n\n"),
  ];
  await say("hello");
  const text = articles().last().locator(".text");
  const styles = await text.evaluate((it) => {
    const styleOf = (selector: string) => {
      const found = it.querySelector(selector);
      if (!found) throw new Error(selector);
      return getComputedStyle(found);
    };
    const leftOf = (selector: string) =>
      it.querySelector(selector)?.getBoundingClientRect().left ?? 0;
    return {
      list: styleOf("ul").direction,
      padding: styleOf("ul").paddingLeft,
      code: styleOf("ul pre").direction,
      bar: styleOf("blockquote").borderRightWidth,
      noBar: styleOf("blockquote").borderLeftWidth,
      firstColumn: leftOf("th:first-child") > leftOf("th:last-child"),
      head: styleOf("th").textAlign,
      numbers: styleOf("td.right").textAlign,
      english: styleOf("ol").direction,
      arabicItem: styleOf("ol li:last-child").textAlign,
    };
  });
  expect(styles).toEqual({
    list: "rtl",
    padding: "0px",
    code: "ltr",
    bar: "3px",
    noBar: "0px",
    firstColumn: true,
    head: "right",
    numbers: "right",
    english: "ltr",
    arabicItem: "left",
  });
});
