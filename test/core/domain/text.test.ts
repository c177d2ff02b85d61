import { describe, expect, it } from "@jest/globals";
import {
  characterStart,
  isVisible,
  textField,
} from "../../../app/core/domain/text";

describe("isVisible", () => {
  it.each([
    ["a space of no width", "\u200b"],
    ["a byte order mark", "\ufeff"],
    ["tags", "\u{e0068}\u{e0069}"],
    ["a Hangul filler", "\u3164"],
    ["a half-width Hangul filler", "\uffa0"],
    ["conjoining Hangul fillers", "\u115f\u1160"],
    ["an empty Braille cell", "\u2800"],
    ["a soft hyphen", "\u00ad"],
    ["a change of direction", "\u202e\u2066"],
    ["joiners and a variation selector", "\u200d\u2060\ufe0f"],
    ["an invisible times", "\u2062"],
    ["a control character", "\u0007"],
    ["annotation marks", "\ufff9\ufffb"],
    ["a musical null note", "\u{1d159}"],
    ["an ideographic space and a no-break space", "\u3000\u00a0"],
    ["a Mongolian vowel separator", "\u180e"],
    ["nothing", ""],
  ])("isVisible is false for %s", (_, invisible) => {
    expect(isVisible(invisible)).toBe(false);
    expect(isVisible(invisible.repeat(3))).toBe(false);
    expect(isVisible(`${invisible}a`)).toBe(true);
  });

  it.each(["a", "⠁", "❤️", "👩‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "が", "\ufffd", "一", "م‌ن"])(
    "isVisible is true for %s",
    (visible) => expect(isVisible(visible)).toBe(true),
  );
});

it("replaces each lone surrogate of a request's string and nothing else", () => {
  expect(textField().parse("a\ud83d b\ude00 😀")).toBe("a\ufffd b\ufffd 😀");
});

describe("characterStart", () => {
  it.each([
    ["a surrogate pair", "ab😀", 3, 2],
    ["a combining mark", "cafe\u0301!", 4, 3],
    ["a family of emoji", "x👩‍👩‍👧", 6, 1],
    ["plain letters", "abc", 2, 2],
    ["the end", "abc", 9, 3],
  ])("characterStart finds the start of %s", (_, given, index, start) => {
    expect(characterStart(given, index)).toBe(start);
  });

  it("characterStart reads only the surroundings of the offset in a long text", () => {
    const long = "é".normalize("NFD").repeat(1_000_000);
    expect(characterStart(long, 1_000_001)).toBe(1_000_000);
  });
});
