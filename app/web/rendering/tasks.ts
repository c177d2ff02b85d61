import type MarkdownIt from "markdown-it";

import { english, type Locale } from "../../core/texts/locale";
import { escape } from "./escape";

const marker = /^\[([ xX])\](?=[ \t]|$)[ \t]*/;

/** Turns `[ ]` and `[x]` at the beginning of list items into check boxes. */
export function markTasks(tokens: MarkdownIt.Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const item = tokens[index - 2];
    if (token.type !== "inline" || item?.type !== "list_item_open") continue;
    const [matched, state] = marker.exec(token.content) ?? [];
    if (matched === undefined) continue;
    token.content = token.content.slice(matched.length);
    item.attrSet("class", "task");
    item.meta = { isDone: state !== " " };
  }
}

export function taskItem(
  token: MarkdownIt.Token | undefined,
  locale: Locale = english,
): string {
  const isDone = token?.meta?.["isDone"];
  if (isDone === undefined) return "<li>";
  const [attribute, label] = isDone
    ? [" checked", locale.t("task.done")]
    : ["", locale.t("task.open")];
  return `<li class="task"><input type="checkbox" disabled${attribute} aria-label="${escape(label)}">`;
}
