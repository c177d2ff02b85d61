import { readFileSync } from "node:fs";
import { tableIn } from "../../scripts/support/generated-table";
import { harmlessTable } from "../../scripts/support/harmless-table";
import { mistakesTable } from "../../scripts/support/mistakes-table";
import { settingsTable } from "../../scripts/support/settings-table";

const cells = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((row) => !row.every((cell) => /^-*$/.test(cell)));

it.each([
  ["docs/settings.md", "settings", settingsTable],
  ["docs/testing.md", "mistakes", mistakesTable],
  ["docs/testing.md", "harmless", harmlessTable],
])("%s has the table that scripts/update-docs writes", (file, name, table) => {
  const document = readFileSync(file, "utf8");
  expect(cells(tableIn(document, name))).toEqual(cells(table()));
});
