import { readFileSync, writeFileSync } from "node:fs";
import type { z } from "zod";
import { settings } from "../../app/core/config/settings";

type Process = keyof typeof settings;
type Setting = z.ZodType<string | number | string[] | undefined>;

const processes: Process[] = ["web", "backend", "sweep"];
const MARKER = /<!-- \/?settings -->/;

/** A Markdown table of the settings, generated from their schema. */
export function settingsTable(): string {
  const names = new Set(
    processes.flatMap((name) => Object.keys(settings[name])),
  );
  const rows = [...names].map((name) =>
    [`\`${name}\``, readers(name), defaults(name), meaning(name)].join(" | "),
  );
  return [
    "setting | process | default | meaning",
    "--- | --- | --- | ---",
    ...rows,
  ]
    .map((row) => `| ${row} |`)
    .join("\n");
}

/** The table in a document, between its two markers. */
export function tableIn(document: string): string {
  return document.split(MARKER)[1] ?? "";
}

function settingOf(process: Process, name: string): Setting | undefined {
  const shape: Record<string, Setting> = settings[process];
  return shape[name];
}

function readers(name: string): string {
  return processes.filter((process) => settingOf(process, name)).join(", ");
}

function defaults(name: string): string {
  if (name === "HOSTNAME") return "the host's name";
  const values = processes.flatMap((process) => {
    const value = settingOf(process, name)?.safeParse(undefined).data;
    return value === undefined ? [] : [`\`${String(value)}\``];
  });
  return [...new Set(values)].join(", ");
}

function meaning(name: string): string {
  const texts = processes.flatMap(
    (process) => settingOf(process, name)?.description ?? [],
  );
  return [...new Set(texts)].join(" ");
}

function update(file: string): void {
  const [before, , after] = readFileSync(file, "utf8").split(MARKER);
  writeFileSync(
    file,
    `${before}<!-- settings -->\n\n${settingsTable()}\n\n<!-- /settings -->${after}`,
  );
}

const [file] = process.argv.slice(2);
if (require.main === module && file) update(file);
