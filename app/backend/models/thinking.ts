import type { ModelEvent } from "./model";

type Piece = Extract<ModelEvent, { kind: "text" | "reasoning" }>;

/** Takes an answer's text as it comes and tells reasoning in tags from the rest. */
export interface ThinkingSplitter {
  take(text: string): Piece[];
  /** What was held back because it might have been a tag. */
  rest(): Piece[];
}

const opening = /^\s*<think(?:ing)?>\n?/;
const openings = ["<think>", "<thinking>"];
const closing = /<\/think(?:ing)?>\s*/;
const closings = ["</think>", "</thinking>"];

/**
 * Some servers leave a model's reasoning in its text, between `<think>` tags. Only an answer that
 * begins with the tag is taken apart: one that speaks of the tag later on is left as it is.
 */
export function createThinkingSplitter(): ThinkingSplitter {
  let state: "beginning" | "thinking" | "answering" = "beginning";
  let held = "";

  function begin(): Piece[] {
    const tag = opening.exec(held);
    if (tag) {
      state = "thinking";
      held = held.slice(tag[0].length);
      return think();
    }
    const start = held.trimStart();
    if (openings.some((open) => open.startsWith(start))) return [];
    state = "answering";
    return flush("text");
  }

  function think(): Piece[] {
    const tag = closing.exec(held);
    if (!tag) return flush("reasoning", heldBack(held));
    const thought = pieces("reasoning", held.slice(0, tag.index));
    held = held.slice(tag.index + tag[0].length);
    state = "answering";
    // White space after the tag belongs to it, also where it comes later.
    trimming = held === "";
    return [...thought, ...flush("text")];
  }

  let trimming = false;

  function answer(): Piece[] {
    if (trimming) held = held.trimStart();
    trimming &&= held === "";
    return flush("text");
  }

  function flush(kind: Piece["kind"], keep = 0): Piece[] {
    const text = held.slice(0, held.length - keep);
    held = held.slice(held.length - keep);
    return pieces(kind, text);
  }

  return {
    take(text) {
      held += text;
      if (state === "beginning") return begin();
      return state === "thinking" ? think() : answer();
    },
    rest: () => flush(state === "thinking" ? "reasoning" : "text"),
  };
}

function pieces(kind: Piece["kind"], text: string): Piece[] {
  return text === "" ? [] : [{ kind, text }];
}

/** How much of the end may be the beginning of the closing tag. */
function heldBack(text: string): number {
  const at = text.lastIndexOf("<");
  if (at === -1) return 0;
  const end = text.slice(at);
  return closings.some((close) => close.startsWith(end)) ? end.length : 0;
}
