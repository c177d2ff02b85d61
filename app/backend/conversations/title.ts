/** Fits the sidebar in one line or two. */
const LENGTH = 60;

/** A conversation's first title: the beginning of its first message, cut between two words. */
export function titleOf(text: string): string {
  const words = text
    // What marks up a line or a code block says nothing in a title.
    .replace(/^[\s#>*`-]+/, "")
    .replaceAll(/[`*\s]+/g, " ")
    .trim();
  if (words === "") return text.trim().slice(0, LENGTH) || "New conversation";
  if (words.length <= LENGTH) return words;
  const cut = words.slice(0, LENGTH);
  const end = cut.lastIndexOf(" ");
  const kept = end > LENGTH / 2 ? cut.slice(0, end) : wholeCharacters(cut);
  return `${kept}…`;
}

/** Without half a character at the end. */
const wholeCharacters = (text: string) => text.replace(/[\ud800-\udbff]$/, "");
