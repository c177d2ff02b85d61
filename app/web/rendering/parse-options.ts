import type { Locale } from "../../core/texts/locale";
import type MarkdownIt from "markdown-it";

/** The definitions of links and footnotes in a text, by their normalised labels. */
export class Definitions {
  /** As the parser's own rule for links reads them. */
  readonly links: Record<string, { href: string; title: string }> =
    Object.create(null);
  readonly footnotes = new Set<string>();
  /** True if the text has a definition, or a reference that needs one. */
  hasReferences = false;
}

/** The options of the parser's rules for a text. */
export interface ParseOptions {
  /** More text follows: what is open at the end is shown as if it were closed there. */
  isUnfinished?: boolean;
  /** All definitions; `undefined` while the text grows. */
  definitions?: Definitions;
  /** Gets the definitions that are found. */
  found?: Definitions;
  /** Distinguishes the ids of a message's footnotes from those of others. */
  idPrefix?: string;
  /** Of labels; English by default. */
  locale?: Locale | undefined;
}

export const parseOptions = (env: MarkdownIt.Env): ParseOptions =>
  (env["options"] as ParseOptions | undefined) ?? {};
