import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Environment, Loader, runtime } from "nunjucks";
import { limits } from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";
import {
  isTextKey,
  languageCodes,
  languages,
} from "../../core/texts/catalogue";
import { type Locale, localeOf } from "../../core/texts/locale";
import type { Language, Values } from "../../core/texts/translation";
import type { Assets } from "./assets";
import { escape } from "./escape";

/** Renders a template to HTML in a language; everything that isn't marked safe is escaped. */
export type Render = (locale: Locale, template: string, data: object) => string;

/**
 * Compiles all templates of a folder for each language, so that no request reads a file or looks up a text.
 *
 * The templates write characters beyond Latin-1 as entities. A page without such characters takes one
 * byte a character in memory, and half the time to encode.
 *
 * @param base The path below which web serves: templates write it as `{{ base }}`.
 */
export function createViews(
  directory: string,
  assets: Assets,
  base = "",
): Render {
  const environments = Object.fromEntries(
    languageCodes.map((language) => [
      language,
      compile(directory, assets, localeOf(language), base),
    ]),
  ) as Record<Language, Environment>;
  return (locale, template, data) =>
    environments[locale.language].render(template, {
      ...data,
      locale,
      t: (key: string, values?: Values) => locale.write(key, values),
    });
}

function compile(
  directory: string,
  assets: Assets,
  locale: Locale,
  base: string,
): Environment {
  const loader = new InliningLoader(directory, locale, base);
  const environment = new Environment(loader, {
    autoescape: true,
    throwOnUndefined: false,
    trimBlocks: true,
    lstripBlocks: true,
  });
  environment.addGlobal("limits", limits);
  environment.addGlobal("languages", languageChoices);
  environment.addGlobal("asset", (name: string) =>
    assets.url(name, locale.language),
  );
  environment.addGlobal("icon", iconOf);
  // A title without a visible character gets a substitute: its link could not be seen.
  environment.addFilter("visible", (title: string) =>
    isVisible(title) ? title : locale.t("list.untitled"),
  );
  for (const name of readdirSync(directory)) {
    if (name.endsWith(".njk")) environment.getTemplate(name, true);
  }
  return environment;
}

/**
 * Loads templates with the text of their parts, the base path and the texts of a language in place. For every page, nunjucks
 * looks up each included file and evaluates each imported macro.
 */
class InliningLoader extends Loader {
  constructor(
    private readonly directory: string,
    private readonly locale: Locale,
    private readonly base: string,
  ) {
    super();
  }

  getSource(name: string) {
    const file = path.join(this.directory, name);
    return { src: this.textOf(name), path: file, noCache: false };
  }

  private textOf(name: string): string {
    const text = readFileSync(path.join(this.directory, name), "utf8");
    const based = text.replaceAll("{{ base }}", this.base);
    return placeTexts(based, name, this.locale).replace(
      PART,
      (_, included: string, imported: string) =>
        this.textOf(included ?? imported),
    );
  }
}

/**
 * Puts the texts that take no value in place, as HTML.
 *
 * @throws Error if the template names a text that does not exist.
 */
function placeTexts(template: string, name: string, locale: Locale): string {
  for (const [, key = ""] of template.matchAll(/\bt\("([^"]*)"/g)) {
    if (!isTextKey(key)) throw new Error(`${name}: there is no text ${key}.`);
  }
  return template.replace(/\{\{ t\("([^"]*)"\) \}\}/g, (_, key: string) =>
    toEntities(escape(locale.write(key))),
  );
}

/** Arabic has no letter within Latin-1, so its texts stay as they are. */
const toEntities = (html: string, beyond = /[\u0100-\u05ff\u2000-\uffff]/g) =>
  html.replace(beyond, (character) => `&#${character.charCodeAt(0)};`);

/** What the form for the language offers. */
const languageChoices = languageCodes.map((code) => ({
  code,
  name: new runtime.SafeString(
    toEntities(languages[code].name, /[\u0100-\uffff]/g),
  ),
}));

/** An include, or an import of macros, which are then defined in their place. */
const PART =
  /\{% (?:include "([\w-]+\.njk)"|from "([\w-]+\.njk)" import \w+) %\}\n?/g;

/** A symbol of `icons.njk`. It has no name of its own: its button or link has one. */
function iconOf(name: string) {
  const html = `<svg class="icon" aria-hidden="true"><use href="#i-${name}"/></svg>`;
  return new runtime.SafeString(html);
}
