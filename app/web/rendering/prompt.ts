import type { Locale } from "../../core/texts/locale";
import { codeBlock } from "./code-block";
import { escape } from "./escape";
import type { Steps } from "./steps";
import { workLimits } from "./work-limits";

const fence = /^ {0,3}(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))$/;

/** The HTML of a prompt: as it was typed, but for its fenced code blocks. */
export function* renderPrompt(text: string, locale?: Locale): Steps<string> {
  if (!/^ {0,3}(?:```|~~~)/m.test(text)) return escape(text);
  let html = "";
  for (const part of partsOf(text.replace(/\r\n?/g, "\n"))) {
    html +=
      part.info === undefined
        ? plain(part.lines)
        : yield* codeBlock(part.lines.join(""), part.info, { locale });
    yield;
  }
  return html;
}

interface Part {
  /** The words after the fence of a code block. */
  info?: string;
  lines: string[];
}

function* partsOf(text: string): Generator<Part> {
  let part: Part = { lines: [] };
  let closing: string | undefined;
  let length = 0;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const opened = closing ? null : fence.exec(line.trimEnd());
    if (opened) {
      yield part;
      const marker = opened[1] ?? opened[3] ?? "";
      part = { info: opened[2] ?? opened[4] ?? "", lines: [] };
      closing = marker;
      length = 0;
    } else if (closing && closes(line, closing)) {
      yield part;
      part = { lines: [] };
      closing = undefined;
    } else {
      length += line.length;
      if (closing && length > workLimits.codeLength) {
        yield part;
        part = { info: part.info, lines: [] };
        length = line.length;
      }
      part.lines.push(line);
    }
  }
  yield part;
}

/** True for a line of the fence's sign alone, at least as long as the fence. */
function closes(line: string, opening: string): boolean {
  const signs = line.trim();
  const isIndented = line.startsWith("    ") || line.startsWith("\t");
  return (
    !isIndented &&
    signs.length >= opening.length &&
    signs === opening.charAt(0).repeat(signs.length)
  );
}

/** The blank lines beside a code block are its margin. */
function plain(lines: string[]): string {
  const text = lines
    .join("")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
  return text ? `<div>${escape(text)}</div>` : "";
}
