import { english, type Locale } from "../../core/texts/locale";
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
  options: { code?: CodeMemory | undefined; locale?: Locale | undefined } = {},
): Steps<string> {
  const word = /^[\w+#.-]{1,30}/.exec(info.trim())?.[0];
  const language = word === undefined ? undefined : languageNamed(word);
  const html = language
    ? yield* highlight(code, language, options.code)
    : escape(code);
  const { locale = english } = options;
  const text = (key: "code.wrap" | "code.wrapLines" | "code.copy") =>
    escape(locale.t(key));
  const label = escape(language?.name ?? word ?? "");
  return (
    `<div class="code"><div class="bar"><span>${label}</span>` +
    `<label class="bare" data-label="${text("code.wrap")}"><input type="checkbox" aria-label="${text("code.wrapLines")}"></label>` +
    `<button class="bare copy" data-copy="code" aria-label="${text("code.copy")}"></button></div>` +
    `<pre tabindex="0"><code>${html}</code></pre></div>`
  );
}
