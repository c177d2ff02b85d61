import { readFileSync, writeFileSync } from "node:fs";

/** A part of a document that a script writes: between `<!-- NAME -->` and `<!-- /NAME -->`. */
const marker = (name: string) => new RegExp(`<!-- /?${name} -->`);

/** A Markdown table. The first row is its head. */
export function markdownTable([head = [], ...rows]: string[][]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** The table in a document. */
export function tableIn(document: string, name: string): string {
  return document.split(marker(name))[1] ?? "";
}

/** Replaces the table in a file. */
export function updateTable(file: string, name: string, table: string): void {
  const [before, , after] = readFileSync(file, "utf8").split(marker(name));
  const text = `${before}<!-- ${name} -->\n\n${table}\n\n<!-- /${name} -->${after}`;
  writeFileSync(file, text);
}
