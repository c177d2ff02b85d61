import { readdirSync } from "node:fs";
import { Environment, FileSystemLoader } from "nunjucks";
import { limits } from "../../core/domain/records";
import { isVisible } from "../../core/domain/text";
import type { Assets } from "./assets";

/** Renders a template to HTML; everything that isn't marked safe is escaped. */
export type Render = (template: string, data: object) => string;

/** Compiles all templates of a folder, so that no request reads a file. */
export function createViews(directory: string, assets: Assets): Render {
  const environment = new Environment(new FileSystemLoader(directory), {
    autoescape: true,
    throwOnUndefined: false,
    trimBlocks: true,
    lstripBlocks: true,
  });
  environment.addGlobal("limits", limits);
  environment.addFilter("visible", visibleTitle);
  environment.addGlobal("asset", (name: string) => assets.url(name));
  for (const name of readdirSync(directory)) {
    if (name.endsWith(".njk")) environment.getTemplate(name, true);
  }
  return (template, data) => environment.render(template, data);
}

/** A title, or a substitute for one without a visible character: its link could not be seen. */
function visibleTitle(title: string): string {
  return isVisible(title) ? title : "Untitled";
}
