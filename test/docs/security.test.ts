import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");
const text = readFileSync(path.join(root, "docs/security.md"), "utf8");

/** The rows of the table of requirements. */
const rows = text.split("\n").filter((line) => /^\| V\d/.test(line));

it("names a test that exists for each requirement", () => {
  const tests = rows.map((row) => /`(test\/[^`]+)`/.exec(row)?.[1] ?? row);
  const missing = tests.filter((test) => !existsSync(path.join(root, test)));
  expect(missing).toEqual([]);
});

it("has a requirement of each chapter", () => {
  const chapters = rows.map((row) => Number(/^\| V(\d+)/.exec(row)?.[1]));
  const all = Array.from({ length: 16 }, (_, index) => index + 1);
  expect([...new Set(chapters)]).toEqual(all);
});
