import type { z } from "zod";
import { settings } from "../../app/core/config/settings";
import { markdownTable, updateTable } from "./generated-table";

type Process = keyof typeof settings;
type Setting = z.ZodType<string | number | string[] | undefined>;

const processes: Process[] = ["web", "backend", "sweep"];

/** A Markdown table of the settings, generated from their schema. */
export function settingsTable(): string {
  const names = new Set(
    processes.flatMap((name) => Object.keys(settings[name])),
  );
  const rows = [...names].map((name) => [
    `\`${name}\``,
    readers(name),
    defaults(name),
    meaning(name),
  ]);
  return markdownTable([["setting", "process", "default", "meaning"], ...rows]);
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
    return value === undefined || value === "" ? [] : [`\`${String(value)}\``];
  });
  return [...new Set(values)].join(", ");
}

function meaning(name: string): string {
  const texts = processes.flatMap(
    (process) => settingOf(process, name)?.description ?? [],
  );
  return [...new Set(texts)].join(" ");
}

const [file] = process.argv.slice(2);
if (require.main === module && file) {
  updateTable(file, "settings", settingsTable());
}
