import { en } from "../../../app/core/texts/en";
import { knownSentence } from "../../../app/core/texts/catalogue";
import { findSentence } from "../../../app/core/texts/find-sentence";
import { english, localeOf } from "../../../app/core/texts/locale";

const german = localeOf("de");

describe("an English sentence of a record", () => {
  const plain = Object.entries(en)
    .filter(([key]) => key.startsWith("reason."))
    .flatMap(([key, text]) =>
      typeof text === "string" && !text.includes("{") ? [{ key, text }] : [],
    );

  it.each(plain)("is found by its text: $key", ({ key, text }) => {
    expect(findSentence(text)).toEqual({ key });
  });

  it("is translated with the sentence that it contains", () => {
    const said = english.t("problem.replyNotSaved", {
      reason: { key: "storage.full" },
    });
    expect(german.translate(said)).toBe(
      german.t("problem.replyNotSaved", { reason: { key: "storage.full" } }),
    );
  });

  it("is translated with the plural form of its number", () => {
    const time = english.t("reason.seconds", { count: 12 });
    const said = english.t("reason.busy", { time });
    expect(german.translate(said)).toContain("in 12 Sekunden");
  });

  it("stays as it is if it is none of ours", () => {
    for (const text of ["I am busy.", "", "constructor", "x".repeat(5_000)]) {
      expect(german.translate(text)).toBe(text);
    }
  });
});

describe("a sentence from another process", () => {
  it("is used if its text is known and its values are complete", () => {
    const said = { key: "problem.versions", values: { limit: 20 } };
    expect(knownSentence(said)).toBe(said);
  });

  it.each([
    [{ key: "problem.ofTheFuture" }],
    [{ key: "__proto__" }],
    [{ key: "problem.versions" }],
    [{ key: "problem.versions", values: { most: 20 } }],
    [
      {
        key: "problem.notSaved",
        values: { reason: { key: "storage.ofTheFuture" }, advice: "Wait." },
      },
    ],
  ])("is not used otherwise: %j", (said) => {
    expect(knownSentence(said)).toBeUndefined();
  });
});
