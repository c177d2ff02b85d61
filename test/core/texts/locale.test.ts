import { chooseLocale } from "../../../app/core/texts/choose-locale";
import { localeOf } from "../../../app/core/texts/locale";

const tagFor = (accepted: string[], chosen?: "en" | "de") =>
  chooseLocale(chosen, accepted).tag;

describe("the locale", () => {
  it("is the first language of the browser that there is", () => {
    expect(tagFor(["fr-FR", "de", "en"])).toBe("de-FR");
    expect(tagFor(["AR-eg", "en"])).toBe("ar-EG");
  });

  it("is English if the browser has no language that there is", () => {
    expect(tagFor(["fr", "ja"])).toBe("en");
    expect(tagFor(["*"])).toBe("en");
    expect(tagFor([])).toBe("en");
  });

  it("is the chosen language, with the region of the browser", () => {
    expect(tagFor(["en-GB"], "de")).toBe("de-GB");
    expect(tagFor(["de-AT", "en-GB"], "en")).toBe("en-GB");
  });

  it("is no property of every object", () => {
    expect(tagFor(["constructor", "toString", "de"])).toBe("de");
  });

  it("takes no region from a malformed tag", () => {
    expect(tagFor(["de-\u{1F600}"])).toBe("de");
    expect(tagFor(["zh-Hant-TW", "ar"])).toBe("ar-TW");
  });
});

const tokens = (language: "en" | "de" | "ar", region?: string) =>
  localeOf(language, region).t("message.tokens", { count: 1234567 });

describe("a text", () => {
  it("has the plural form of its count", () => {
    const ar = localeOf("ar", "AE");
    const said = [0, 1, 2, 3, 11, 100].map((count) =>
      ar.t("mark.queued", { count }),
    );
    expect(new Set(said).size).toBe(6);
    expect(localeOf("de").t("mark.queued", { count: 1 })).toBe("1 wartet");
    expect(localeOf("de").t("mark.queued", { count: 2 })).toBe("2 warten");
  });

  it("has numbers as the region writes them", () => {
    expect(tokens("en")).toBe("1,234,567 tokens");
    expect(tokens("de")).toBe("1.234.567 Token");
    expect(tokens("de", "CH")).toMatch(/^1['’]234['’]567 Token$/);
    expect(tokens("ar", "EG")).toContain("١٬٢٣٤٬٥٦٧");
  });

  it("isolates a name whose direction may differ", () => {
    const name = "Ann";
    expect(localeOf("en").t("side.signedInAs", { name })).toBe(
      "Signed in as Ann",
    );
    expect(localeOf("ar").t("side.signedInAs", { name })).toContain(
      "\u2068Ann\u2069",
    );
    expect(localeOf("en").t("side.signedInAs", { name: "مريم" })).toContain(
      "\u2068مريم\u2069",
    );
  });

  it("does not fill a placeholder in a value", () => {
    const query = "{query} $& {count}";
    expect(localeOf("en").t("search.none", { query })).toContain(query);
  });

  it("can't be one that does not exist", () => {
    expect(() => localeOf("en").write("toString")).toThrow("no text");
  });
});
