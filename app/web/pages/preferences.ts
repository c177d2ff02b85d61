import type { Language } from "../../core/texts/translation";

/** The choices of a browser. They are in cookies, so that pages without a backend or a session follow them. */
export interface Preferences {
  /** Absent to follow the system. */
  theme?: Theme;
  /** Absent to follow the browser. */
  language?: Language;
  /** True if Enter begins a new line, and Ctrl+Enter sends. */
  enterIsNewline: boolean;
}

export const themes = ["light", "dark"] as const;
export type Theme = (typeof themes)[number];
