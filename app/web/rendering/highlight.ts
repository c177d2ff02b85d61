import { StringStream } from "@codemirror/streamparser";
import { escape } from "./escape";
import type { Language, LineParser } from "./languages";
import type { Steps } from "./steps";

/** A longer line is shown without colours: a parser may cost the square of a line. */
const MAX_LINE = 1_000;

/** The rest of a longer block is shown without colours: they are several times the size of the code. */
const MAX_LENGTH = 64 * 1024;

/** Balances the length of a step against the cost of its end. */
const LENGTH_PER_STEP = 2_000;

const TAB_SIZE = 4;

/** The complete lines at the beginning of a code block, and the parser's state after them. */
export interface HighlightedLines {
  language: Language;
  source: string;
  html: string;
  /** `undefined` after a failure of the parser: the rest has no colours. */
  state: unknown;
}

/** Keeps the lines of the code block that was highlighted last, so that a growing one costs its growth. */
export interface CodeMemory {
  lines?: HighlightedLines;
}

/**
 * The HTML of code with a `span` for each coloured part. Lines are parsed one after another, so that no
 * line's colours depend on a later line.
 */
export function* highlight(
  code: string,
  language: Language,
  memory: CodeMemory = {},
): Steps<string> {
  const lines = beginWith(memory.lines, code, language);
  const limit = Math.min(code.length, MAX_LENGTH);
  let steps = Math.floor(lines.source.length / LENGTH_PER_STEP);
  let end = code.indexOf("\n", lines.source.length) + 1;
  let start = lines.source.length;
  while (end > 0 && end <= limit && lines.state !== undefined) {
    lines.html += `${highlightLine(code.slice(start, end - 1), lines)}\n`;
    start = end;
    end = code.indexOf("\n", start) + 1;
    if (start > steps * LENGTH_PER_STEP) {
      steps = Math.ceil(start / LENGTH_PER_STEP);
      yield;
    }
  }
  lines.source = code.slice(0, start);
  memory.lines = lines;
  return lines.html + highlightRest(code.slice(start), lines, limit - start);
}

function beginWith(
  known: HighlightedLines | undefined,
  code: string,
  language: Language,
): HighlightedLines {
  const isKnown = known?.language === language && code.startsWith(known.source);
  if (isKnown) return { ...known };
  const state = language.parser.startState?.(TAB_SIZE) ?? true;
  return { language, source: "", html: "", state };
}

/** The rest is one incomplete line, or too long. */
function highlightRest(
  rest: string,
  lines: HighlightedLines,
  room: number,
): string {
  const isLine = rest.length <= room && !rest.includes("\n");
  if (!isLine || lines.state === undefined) return escape(rest);
  const { parser } = lines.language;
  const state = parser.copyState?.(lines.state) ?? copyShallow(lines.state);
  return highlightLine(rest, { ...lines, state });
}

/** As CodeMirror does for parsers that don't copy their states themselves. */
function copyShallow(state: unknown): unknown {
  if (typeof state !== "object" || state === null) return state;
  const entries = Object.entries(state).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.slice() : value,
  ]);
  return Object.fromEntries(entries);
}

function highlightLine(line: string, lines: HighlightedLines): string {
  if (line.length > MAX_LINE) return escape(line);
  const { parser } = lines.language;
  try {
    if (line === "") parser.blankLine?.(lines.state, TAB_SIZE);
    return partsOf(line, lines);
  } catch {
    // A parser is no reason to lose the code.
    lines.state = undefined;
    return escape(line);
  }
}

type LineStream = Parameters<LineParser["token"]>[0];

/** The package has one class, but its types for each module system are unrelated. */
const lineStream = (line: string) =>
  new StringStream(line, TAB_SIZE, TAB_SIZE) as unknown as LineStream;

function partsOf(line: string, { language, state }: HighlightedLines): string {
  const stream = lineStream(line);
  let html = "";
  let [from, last] = [0, ""];
  const flush = (to: number) => {
    const text = escape(line.slice(from, to));
    html += last && text ? `<span class="${last}">${text}</span>` : text;
    from = to;
  };
  while (!stream.eol()) {
    stream.start = stream.pos;
    const style = nextStyle(stream, language, state);
    const next = style ? classOf(style) : "";
    if (next === last) continue;
    flush(stream.start);
    last = next;
  }
  flush(line.length);
  return html;
}

/** A parser may change its state without taking a character, but not again and again. */
const MAX_EMPTY = 10;

function nextStyle(
  stream: LineStream,
  { parser }: Language,
  state: unknown,
): string | null {
  for (let i = 0; i < MAX_EMPTY; i++) {
    const style = parser.token(stream, state);
    if (stream.pos > stream.start) return style;
  }
  throw new Error("The parser does not advance.");
}

/**
 * The class of a parser's style, such as `variableName.definition`; the style sheet has a colour for
 * each class. Most code keeps the colour of text.
 */
function classOf(style: string): string {
  for (const name of style.split(" ")) {
    const found = classes.get(name) ?? classes.get(name.split(".")[0] ?? "");
    if (found !== undefined) return found;
  }
  return "";
}

const classes = new Map(
  Object.entries({
    k: "keyword modifier operatorKeyword controlKeyword definitionKeyword moduleKeyword self tagName tag",
    s: "string string-2 character regexp escape link url inserted quote",
    c: "comment lineComment blockComment docComment",
    n: "number integer float bool atom null literal unit color constant variableName.constant",
    f: "def function definition heading variableName.function variableName.definition propertyName.function",
    d: "deleted",
    t: "type typeName className namespace macroName builtin attributeName attribute labelName meta annotation processingInstruction documentMeta propertyName.definition variableName.standard variableName.special property.definition",
  }).flatMap(([name, styles]) =>
    styles.split(" ").map((style): [string, string] => [style, name]),
  ),
);
