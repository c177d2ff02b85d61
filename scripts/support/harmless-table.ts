import { type Harmless, harmless } from "../mutants/harmless";
import { markdownTable, updateTable } from "./generated-table";

/** The random mistakes that no test needs to notice, with the reasons. */
export function harmlessTable(): string {
  return markdownTable([
    ["file", "mistake", "reason why it cannot matter"],
    ...harmless.map(rowOf),
  ]);
}

function rowOf({ file, mistake, reason }: Harmless): string[] {
  return [`\`${file}\``, `\`${mistake.replaceAll("|", "\\|")}\``, reason];
}

const [file] = process.argv.slice(2);
if (require.main === module && file) {
  updateTable(file, "harmless", harmlessTable());
}
