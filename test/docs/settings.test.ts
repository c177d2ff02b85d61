import { readFileSync } from "node:fs";
import { settingsTable, tableIn } from "../../scripts/support/settings-table";

const cells = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((row) => !row.every((cell) => /^-*$/.test(cell)));

it("docs/settings.md lists every setting with its default and meaning", () => {
  const document = readFileSync("docs/settings.md", "utf8");
  expect(cells(tableIn(document))).toEqual(cells(settingsTable()));
});
