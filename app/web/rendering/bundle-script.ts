import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Text } from "../../core/texts/catalogue";

const importLine = /^import (?:\{[^}]*\} from )?"(\.\.?\/[\w-]+\.js)";\n/gm;
const exportKeyword = /^export (?=(?:async )?(?:function|class|const|let) )/gm;
const comment = /^[ \t]*(?:\/\*(?:(?!\*\/)[^])*\*\/|\/\/.*)\n/gm;
const textWithoutValues = /\bt\(\s*"([\w.]+)"\s*\)/g;
const textWithValues = /\bt\(\s*"([\w.]+)"/g;
// No template literal of the modules spans lines.
const indentation = /^[ \t]+/gm;

/**
 * Joins the browser's modules into one script, so that a page needs one request. They are written so
 * that this takes no parser: named imports and exports, and names that are unique across modules.
 *
 * @param textOf The texts of a language, which replace their keys.
 * @throws Error if a module names a text that does not exist.
 */
export async function bundleScript(
  entry: string,
  textOf: (key: string) => Text,
): Promise<string> {
  const modules: string[] = [];
  const seen = new Set<string>();
  const add = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = await readFile(file, "utf8");
    for (const [, name = ""] of source.matchAll(importLine)) {
      await add(path.join(path.dirname(file), name));
    }
    modules.push(source);
  };
  await add(entry);
  return modules
    .map((source) =>
      source
        .replace(importLine, "")
        .replace(textWithoutValues, (_, key: string) =>
          JSON.stringify(textOf(key)),
        )
        .replace(
          textWithValues,
          (_, key: string) => `t(${JSON.stringify(textOf(key))}`,
        )
        .replace(exportKeyword, "")
        .replace(comment, "")
        .replace(indentation, "")
        .trim(),
    )
    .join("\n");
}
