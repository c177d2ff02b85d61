import { type NamedMistake, namedMistakes } from "../mutants/named-mistakes";
import { markdownTable, updateTable } from "./generated-table";

/** The named mistakes with the test that notices each. */
export function mistakesTable(): string {
  return markdownTable([
    ["mistake", "file", "test that notices it"],
    ...namedMistakes.map((named) => [
      named.mistake,
      `\`${named.file}\``,
      testOf(named),
    ]),
  ]);
}

function testOf({ test, title, isOnlyExhaustive }: NamedMistake): string {
  const alone = isOnlyExhaustive ? " (no other kind of test does)" : "";
  return `\`${test}\`: \`${title}\`${alone}`;
}

const [file] = process.argv.slice(2);
if (require.main === module && file) {
  updateTable(file, "mistakes", mistakesTable());
}
