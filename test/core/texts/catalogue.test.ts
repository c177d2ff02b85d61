import { languageCodes, languages } from "../../../app/core/texts/catalogue";
import { en } from "../../../app/core/texts/en";

const formsOf = (text: string | object): string[] =>
  typeof text === "string" ? [text] : Object.values(text);

const placeholdersIn = (text: string): string[] =>
  [...text.matchAll(/\{([^}]*)\}/g)].map(([, name = ""]) => name).toSorted();

const translated = languageCodes.filter((code) => code !== "en");

describe.each(translated)("the catalogue %s", (code) => {
  const texts = languages[code].texts;

  it("has the keys of the English one", () => {
    expect(Object.keys(texts).toSorted()).toEqual(Object.keys(en).toSorted());
  });

  it.each(Object.entries(en))("has the values of %s", (key, english) => {
    const wanted = placeholdersIn(formsOf(english).at(-1) ?? "");
    const text = texts[key as keyof typeof en];
    const forms = formsOf(text);
    expect(placeholdersIn(forms.at(-1) ?? "")).toEqual(wanted);
    // A form for one, two or none may say the number in words.
    for (const form of forms) {
      expect(wanted).toEqual(expect.arrayContaining(placeholdersIn(form)));
    }
  });

  it("has the plural forms of its language, and no others", () => {
    const { pluralCategories } = new Intl.PluralRules(code).resolvedOptions();
    for (const text of Object.values(texts)) {
      if (typeof text === "string") continue;
      expect(Object.keys(text).toSorted()).toEqual(
        [...pluralCategories].toSorted(),
      );
    }
  });

  it("has no empty text", () => {
    const all = Object.values(texts).flatMap(formsOf);
    expect(all.filter((text) => text.trim() === "")).toEqual([]);
  });
});

it("has no HTML, so that every text can be escaped", () => {
  const all = languageCodes.flatMap((code) =>
    Object.values(languages[code].texts).flatMap(formsOf),
  );
  expect(all.filter((text) => /<\w|&\w+;/.test(text))).toEqual([]);
});
