/** One way to take a clause apart, and the ways to put an answer together, used in turn. */
export interface Rule {
  pattern: string;
  /** `{1}` is what the first `*`, `a|b` or `@class` stood for, turned around. */
  replies: string[];
  /** What to come back to when a later message gives nothing to go on. */
  remember?: string[];
}

export interface Keyword {
  /** Any of these words in a clause calls the keyword. */
  words: string[];
  /** The highest rank in a clause goes first. */
  rank: number;
  rules: Rule[];
}
