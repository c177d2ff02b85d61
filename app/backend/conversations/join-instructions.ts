/** Instructions by what they are for, the most general first. */
export interface Instructions {
  everywhere?: string | undefined;
  project?: string | undefined;
  conversation?: string | undefined;
}

const HEADINGS = {
  everywhere: "# Instructions for every conversation",
  project: "# Instructions for this project",
  conversation: "# Instructions for this conversation",
} satisfies Record<keyof Instructions, string>;

const ORDER = ["everywhere", "project", "conversation"] as const;

/**
 * One text for the model. Only several instructions need headings, and the rule that the more special ones
 * count.
 */
export function joinInstructions(given: Instructions): string {
  const parts = ORDER.flatMap((kind) => {
    const text = given[kind]?.trim();
    return text ? [{ heading: HEADINGS[kind], text }] : [];
  });
  if (parts.length <= 1) return parts[0]?.text ?? "";
  return [
    "Where the following instructions contradict each other, the later ones count.",
    ...parts.map(({ heading, text }) => `${heading}\n\n${text}`),
  ].join("\n\n");
}
