import type { Import } from "../../core/domain/records";
import { isTextKey } from "../../core/texts/catalogue";
import type { Locale } from "../../core/texts/locale";

/** An import as its page shows it. */
export interface ImportView extends Import {
  isDone: boolean;
  /** False if it is done, or waits for the visitor. */
  isGoingOn: boolean;
  /** A sentence about what it waits for. */
  waitsFor: string | undefined;
  left: { title: string; reasons: string }[];
  /** The number of conversations of which something was left out, and that are not named. */
  unnamed: number;
}

export function viewImport(made: Import, locale: Locale): ImportView {
  const { finishedAt, problem, notes, skipped } = made;
  const isDone = finishedAt !== null;
  const named = notes.filter(({ reasons }) => reasons.some(isWhole)).length;
  return {
    ...made,
    isDone,
    isGoingOn: !isDone && problem === undefined,
    waitsFor:
      problem && textOf(locale, `import.problem.${problem}`, "import.problem"),
    left: notes.map(({ title, reasons }) => ({
      title: title || locale.t("list.untitled"),
      reasons: reasons
        .map((reason) =>
          textOf(locale, `import.left.${reason}`, "import.left.invalid"),
        )
        .join(" "),
    })),
    unnamed: Math.max(0, skipped - named),
  };
}

const PARTS = ["files", "versions", "cutTexts"];

const isWhole = (reason: string): boolean => !PARTS.includes(reason);

/** A later version of the backend may send codes that this one has no text for. */
const textOf = (locale: Locale, key: string, byDefault: string): string =>
  locale.write(isTextKey(key) ? key : byDefault);
