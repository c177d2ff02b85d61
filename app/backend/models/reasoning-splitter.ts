import type { ModelEvent } from "./model";

type Piece = Extract<ModelEvent, { kind: "text" | "reasoning" | "reclassify" }>;

/** Separates reasoning that a server leaves in the text, between `<think>` tags, from the answer. */
export interface ReasoningSplitter {
  push(text: string): Piece[];
  /** @param isComplete False if the model was cut off, and may not have come to its answer. */
  end(isComplete: boolean): Piece[];
  /** True if the prompt's template holds the opening tag; `undefined` while the text doesn't tell. */
  readonly impliesOpening: boolean | undefined;
}

const opening = /^\s*<think(?:ing)?>\n?/;
const openings = ["<think>", "<thinking>"];
const closing = /<\/think(?:ing)?>/;
const closings = ["</think>", "</thinking>"];

/**
 * An answer that begins with the tag is split. The templates of some models put the opening tag
 * into the prompt, so the closing tag may come alone: the text before it, which was already passed
 * on, is then reclassified.
 *
 * @param startsInside True if the model is known to leave out the opening tag.
 */
export function createReasoningSplitter({
  startsInside = false,
} = {}): ReasoningSplitter {
  let state: "start" | "tagged" | "implied" | "text" | "answer" = "start";
  let impliesOpening: boolean | undefined;
  /** Not passed on yet, since it may be part of a tag. */
  let held = "";
  let passed = "";
  let isTrimming = false;

  function start(): Piece[] {
    const tag = opening.exec(held);
    const begin = held.trimStart();
    if (!tag && openings.some((open) => open.startsWith(begin))) return [];
    if (tag) {
      held = held.slice(tag[0].length);
      impliesOpening = false;
    }
    state = tag ? "tagged" : startsInside ? "implied" : "text";
    return advance(false);
  }

  function reason(): Piece[] {
    const tag = closing.exec(held);
    if (!tag) return flush("reasoning", possibleTag(held));
    impliesOpening ??= true;
    return closeAt(tag, []);
  }

  function text(isEnd: boolean): Piece[] {
    const tag = closing.exec(held);
    if (!tag) return flush("text", possibleTag(held));
    const before = passed + held.slice(0, tag.index);
    const after = held.slice(tag.index + tag[0].length);
    const isAlone = /(?:^|\n)[ \t]*$/.test(before);
    // The next character tells whether the line ends with the tag.
    if (!isAlone && !isEnd && /^[ \t]*$/.test(after)) return [];
    const isTag =
      (isAlone || /^[ \t]*(?:\r?\n|$)/.test(after)) &&
      !before.includes("<think") &&
      !isInCode(before);
    if (isTag) {
      impliesOpening = true;
      return closeAt(
        tag,
        passed === "" ? [] : [{ kind: "reclassify", as: "reasoning" }],
      );
    }
    state = "answer";
    return flush("text");
  }

  function closeAt(tag: RegExpExecArray, first: Piece[]): Piece[] {
    const before = pieces("reasoning", held.slice(0, tag.index));
    held = held.slice(tag.index + tag[0].length);
    state = "answer";
    isTrimming = true;
    return [...first, ...before, ...answer()];
  }

  /** White space after the tag belongs to it, also if it comes later. */
  function answer(): Piece[] {
    if (isTrimming) held = held.trimStart();
    isTrimming &&= held === "";
    return flush("text");
  }

  function flush(kind: "text" | "reasoning", keep = 0): Piece[] {
    const done = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    if (state === "text") passed += done;
    return pieces(kind, done);
  }

  function advance(isEnd: boolean): Piece[] {
    if (state === "start") return start();
    if (state === "text") return text(isEnd);
    return state === "answer" ? answer() : reason();
  }

  return {
    push(more) {
      held += more;
      return advance(false);
    },
    end(isComplete) {
      const last = advance(true);
      const rest = flush(
        state === "tagged" || state === "implied" ? "reasoning" : "text",
      );
      if (state !== "implied" || !isComplete) return [...last, ...rest];
      // It thought about nothing this time: all of it was the answer.
      impliesOpening = false;
      return [...last, ...rest, { kind: "reclassify", as: "text" }];
    },
    get impliesOpening() {
      return impliesOpening;
    },
  };
}

function pieces(kind: "text" | "reasoning", text: string): Piece[] {
  return text === "" ? [] : [{ kind, text }];
}

/** The length of the end that may be the beginning of a closing tag. */
function possibleTag(text: string): number {
  const at = text.lastIndexOf("<");
  if (at === -1) return 0;
  const end = text.slice(at);
  return closings.some((close) => close.startsWith(end)) ? end.length : 0;
}

/** True at the end of a text whose last code block, or code in its last line, is still open. */
function isInCode(text: string): boolean {
  const fences = text.match(/^[ \t]*(?:```|~~~)/gm)?.length ?? 0;
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const ticks = line.match(/`+/g)?.length ?? 0;
  return fences % 2 === 1 || ticks % 2 === 1;
}
