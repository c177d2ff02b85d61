import { escape } from "./escape";
import { highlight, type CodeMemory } from "./highlight";
import { languageNamed } from "./languages";
import type { Steps } from "./steps";

/**
 * A code block with its bar. The labels of the bar's controls are drawn by the style sheet, so that no
 * selection or screen reader takes them for text. Wrapping works without a script; copying needs one.
 *
 * @param info The words after the fence.
 */
export function* codeBlock(
  code: string,
  info = "",
  memory?: CodeMemory,
): Steps<string> {
  const word = /^[\w+#.-]{1,30}/.exec(info.trim())?.[0];
  const language = word === undefined ? undefined : languageNamed(word);
  const html = language
    ? yield* highlight(code, language, memory)
    : escape(code);
  const label = escape(language?.name ?? word ?? "");
  return (
    `<div class="code"><div class="bar"><span>${label}</span>` +
    '<label class="bare"><input type="checkbox" aria-label="Wrap lines"></label>' +
    '<button class="bare copy" data-copy="code" aria-label="Copy code"></button></div>' +
    `<pre tabindex="0"><code>${html}</code></pre></div>`
  );
}
