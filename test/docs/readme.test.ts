import { readFileSync } from "node:fs";
import { settingsTable } from "../../scripts/support/settings-table";

const cells = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((row) => !row.every((cell) => /^-*$/.test(cell)));

it("lists in the README every setting with its default and meaning", () => {
  const readme = readFileSync("README.md", "utf8");
  const [, table = ""] = readme.split(/<!-- \/?settings -->/);
  expect(cells(table)).toEqual(cells(settingsTable()));
});
