/**
 * Mistakes that no test needs to notice. They are left out of scores, and need no second judgement.
 * An entry counts for as long as its line stands in the file.
 */
export interface Harmless {
  file: string;
  /** The line in which the mistake begins, without indentation. */
  line: string;
  /** As scripts/mutation prints it. */
  mistake: string;
  reason: string;
}

export const harmless: Harmless[] = [];
