import { expect, it, jest } from "@jest/globals";
import { titleOf, visibleTitle } from "../../app/backend/conversations/title";

it.each([
  [
    "markup at the start of a line",
    "## What is `love`?\nTell me.",
    "What is love ? Tell me.",
  ],
  ["nothing but markup", "```", "```"],
  [
    "invisible characters before the first word",
    `${"\u200b".repeat(99)}Hi`,
    "Hi",
  ],
  ["invisible characters alone", "\u3164\u{e0041}", "New conversation"],
  ["invisible characters between markup", "**\u200b**", "**\u200b**"],
])("makes a title that shows from a message with %s", (_, message, title) => {
  expect(titleOf(message)).toBe(title);
});

it("cuts a long title between two words, or between two characters", () => {
  expect(titleOf("word ".repeat(40))).toBe(`${"word ".repeat(11)}word…`);
  expect(titleOf("👩‍👩‍👧".repeat(40))).toBe(`${"👩‍👩‍👧".repeat(7)}…`);
});

it("shows a stored title without visible characters as the default title", () => {
  expect(visibleTitle("\u2800")).toBe("New conversation");
  expect(visibleTitle("Plans")).toBe("Plans");
});

it("looks for a title in the beginning of a long message alone", () => {
  const replace = jest.spyOn(String.prototype, "replaceAll");
  expect(titleOf("ab ".repeat(350_000))).toBe(`${"ab ".repeat(19)}ab…`);
  const lengths = replace.mock.contexts.map((text) => String(text).length);
  replace.mockRestore();
  expect(Math.max(...lengths)).toBeLessThan(5_000);
});
