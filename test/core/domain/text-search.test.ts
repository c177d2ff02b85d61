import { describe, expect, it } from "@jest/globals";
import {
  hasWords,
  rangesOf,
  slicesOf,
  wordsOf,
} from "../../../app/core/domain/text-search";

const finds = (query: string, text: string) => hasWords(wordsOf(query), text);
const marked = (query: string, text: string) =>
  rangesOf(wordsOf(query), text).map(({ from, to }) => text.slice(from, to));

describe("matches of a search", () => {
  it.each([
    ["accents", "cafe", "un café", ["café"]],
    ["accents in the query", "café", "cafe", ["cafe"]],
    ["combining accents", "cafe", "cafe\u0301!", ["cafe\u0301"]],
    ["Vietnamese tones", "nguyen", "Nguyễn", ["Nguyễn"]],
    ["an accented Greek letter", "οδος", "ΟΔΌΣ", ["ΟΔΌΣ"]],
    ["a final sigma", "οδοσ", "οδος", ["οδος"]],
    ["a Russian ё, and a stress", "еще", "ещё е\u0301ще", ["ещё", "е\u0301ще"]],
    ["a Turkish capital İ", "istanbul", "İstanbul", ["İstanbul"]],
    ["a Turkish dotless ı", "ISPARTA", "ısparta", ["ısparta"]],
    ["ß and ẞ", "strasse", "Straße STRAẞE", ["Straße", "STRAẞE"]],
    ["ß by itself", "ß", "Strasse", ["ss"]],
    ["a ligature", "fin", "ﬁn", ["ﬁn"]],
    ["æ, œ, ø, ł and đ", "aeoeold", "æœøłđ", ["æœøłđ"]],
    ["full-width letters", "abc 12", "ＡＢＣ １２", ["ＡＢＣ", "１２"]],
    ["half-width kana", "パパ", "ﾊﾟﾊﾟ", ["ﾊﾟﾊﾟ"]],
    ["kana by half-width kana", "ｶﾞ", "カ\u3099ガ", ["カ\u3099ガ"]],
    [
      "decomposed Hangul",
      "한글",
      "한글".normalize("NFD"),
      ["한글".normalize("NFD")],
    ],
    ["Hebrew without its points", "שלום", "שָׁלוֹם", ["שָׁלוֹם"]],
    ["Arabic without its vowels", "محمد", "مُحَمَّدٌ", ["مُحَمَّدٌ"]],
    ["a bare alef for one with hamza", "احمد", "أحمد", ["أحمد"]],
    ["stretched Arabic", "سلام", "ســلام", ["ســلام"]],
    ["a Persian yeh and kaf", "کی", "كي", ["كي"]],
    [
      "a word with a joiner inside",
      "میخواهم",
      "می\u200cخواهم",
      ["می\u200cخواهم"],
    ],
    [
      "a word with a soft hyphen inside",
      "keepsake",
      "keep\u00adsake",
      ["keep\u00adsake"],
    ],
    [
      "curly quotes and dashes",
      "don't e-mail",
      "don’t e‑mail",
      ["don’t", "e‑mail"],
    ],
    ["an emoji without its selector", "❤", "❤️", ["❤️"]],
    ["a Devanagari syllable", "कि", "किताब", ["कि"]],
    ["a Thai syllable", "กี", "กีฬา", ["กี"]],
    ["Unicode outside the basic plane", "𠮷", "𠮷野家", ["𠮷"]],
  ])("%s", (_, query, text, hits) => {
    expect(finds(query, text)).toBe(true);
    expect(marked(query, text)).toEqual(hits);
  });
});

describe("non-matches of a search", () => {
  it.each([
    ["kana with another sound", "ハハ", "パパ ババ"],
    ["decomposed kana with another sound", "ハハ", "ハ\u309aハ\u309a"],
    ["half-width kana with another sound", "ﾊﾊ", "ﾊﾟﾊﾟ"],
    ["Devanagari vowels", "कि", "कु"],
    ["Devanagari letters with and without nukta", "फ़न", "फन"],
    ["Thai vowels and tones", "กี", "กิ ก้"],
    ["Tamil vowels", "கி", "கு"],
    ["a Russian й and и", "йод", "иод"],
    ["Hangul syllables with and without a final", "하", "한"],
  ])("%s", (_, query, text) => {
    expect(finds(query, text)).toBe(false);
  });
});

it.each(["\u0301", "\u3099", "\u0951"])(
  "a lone combining mark (%j) finds itself alone",
  (mark) => {
    expect(finds(mark, "café ガ plain")).toBe(false);
    expect(finds(mark, `a lone ${mark}`)).toBe(true);
  },
);

it.each([" ", "\u200b", "\u3164\ufe0f"])(
  "a query without visible characters (%j) finds nothing",
  (query) => expect(finds(query, `any ${query} text`)).toBe(false),
);

it("marks each of several words, and joins the ranges of overlapping ones", () => {
  expect(marked("ab bc x", "abc x ABC")).toEqual(["abc", "x", "ABC"]);
});

it("finds a word at each place of a long text in one of its slices", () => {
  const filler = "é".normalize("NFD").repeat(50_000);
  for (let shift = 0; shift < 40; shift++) {
    const at = 32 * 1024 - 20 + shift;
    const text = `${filler.slice(0, at)} パパ ${filler}`;
    const places = [...slicesOf(text)].flatMap(({ at: start, slice }) =>
      rangesOf(wordsOf("ﾊﾟﾊﾟ"), slice).map(({ from }) => start + from),
    );
    expect(new Set(places)).toEqual(new Set([at + 1]));
  }
});
