import type { z } from "zod";
import { settings } from "../../app/core/config/settings";

/** The README's table of settings, made from the schema that checks them. */
export function settingsTable(): string {
  const names = [
    ...new Set([
      ...Object.keys(settings.web),
      ...Object.keys(settings.backend),
      ...Object.keys(settings.sweep),
    ]),
  ];
  const rows = names.map((name) =>
    [`\`${name}\``, who(name), standards(name), meaning(name)].join(" | "),
  );
  return ["setting | who | default | meaning", "--- | --- | --- | ---", ...rows]
    .map((row) => `| ${row} |`)
    .join("\n");
}

type Standard = string | number | string[] | undefined;
type Role = keyof typeof settings;
const roles: Role[] = ["web", "backend", "sweep"];

function of(role: Role, name: string): z.ZodType<Standard> | undefined {
  const shape: Record<string, z.ZodType<Standard>> = settings[role];
  return shape[name];
}

function who(name: string): string {
  const readers = roles.filter((role) => of(role, name));
  return readers.length === 2 ? "both" : (readers[0] ?? "");
}

function standards(name: string): string {
  const values = roles.flatMap((role) => {
    if (name === "HOSTNAME") return ["the host's name"];
    const value = of(role, name)?.safeParse(undefined).data;
    return value === undefined ? [] : [`\`${String(value)}\``];
  });
  return [...new Set(values)].join(", ");
}

function meaning(name: string): string {
  const texts = roles.flatMap((role) => of(role, name)?.description ?? []);
  return [...new Set(texts)].join("; ");
}
