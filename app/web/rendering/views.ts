import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Environment, Loader, runtime } from "nunjucks";
import { limits } from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";
import type { Assets } from "./assets";

/** Renders a template to HTML; everything that isn't marked safe is escaped. */
export type Render = (template: string, data: object) => string;

/**
 * Compiles all templates of a folder, so that no request reads a file.
 *
 * The templates write characters beyond Latin-1 as entities. A page without such characters takes one
 * byte a character in memory, and half the time to encode.
 */
export function createViews(directory: string, assets: Assets): Render {
  const environment = new Environment(new InliningLoader(directory), {
    autoescape: true,
    throwOnUndefined: false,
    trimBlocks: true,
    lstripBlocks: true,
  });
  environment.addGlobal("limits", limits);
  environment.addFilter("visible", visibleTitle);
  environment.addGlobal("asset", (name: string) => assets.url(name));
  environment.addGlobal("icon", iconOf);
  for (const name of readdirSync(directory)) {
    if (name.endsWith(".njk")) environment.getTemplate(name, true);
  }
  return (template, data) => environment.render(template, data);
}

/**
 * Loads templates with the text of their parts in place. For every page, nunjucks looks up each
 * included file and evaluates each imported macro.
 */
class InliningLoader extends Loader {
  constructor(private readonly directory: string) {
    super();
  }

  getSource(name: string) {
    const file = path.join(this.directory, name);
    return { src: this.textOf(name), path: file, noCache: false };
  }

  private textOf(name: string): string {
    const text = readFileSync(path.join(this.directory, name), "utf8");
    return text.replace(PART, (_, included: string, imported: string) =>
      this.textOf(included ?? imported),
    );
  }
}

/** An include, or an import of macros, which are then defined in their place. */
const PART =
  /\{% (?:include "([\w-]+\.njk)"|from "([\w-]+\.njk)" import \w+) %\}\n?/g;

/** A symbol of `icons.njk`. It has no name of its own: its button or link has one. */
function iconOf(name: string) {
  const html = `<svg class="icon" aria-hidden="true"><use href="#i-${name}"/></svg>`;
  return new runtime.SafeString(html);
}

/** A title, or a substitute for one without a visible character: its link could not be seen. */
function visibleTitle(title: string): string {
  return isVisible(title) ? title : "Untitled";
}
