/** Finds what each piece adds to a text: servers repeat text, or send all of it each time. */
export interface PieceReader {
  /**
   * @param isLast True if the server says that this is the last piece.
   * @returns The text that is new; "" while it isn't certain.
   */
  add(piece: string, isLast: boolean): string;
  /** Takes a field that holds the whole text so far. */
  addWhole(text: string, isLast: boolean): string;
  /** The text that was uncertain. */
  end(): string;
}

/** A piece that repeats a shorter text than this may be a coincidence: `ha`, `haha`. */
const CERTAIN_LENGTH = 4;

export function createPieceReader(): PieceReader {
  let mode: "unknown" | "pieces" | "cumulative" = "unknown";
  let passed = "";
  /** The second piece, if it begins with the first: `1`, `10` and `Hel`, `Hello` look alike. */
  let held = "";

  function pass(text: string): string {
    passed += text;
    return text;
  }

  function decide(next: typeof mode, piece: string): string {
    mode = next;
    const pieces = held + piece;
    held = "";
    return next === "pieces" ? pass(pieces) : beyond(piece);
  }

  /** The part of a whole text that goes beyond what was passed on. */
  const beyond = (whole: string): string => pass(whole.slice(passed.length));

  function add(piece: string, isLast: boolean): string {
    if (piece === "") return "";
    const isWhole = piece.startsWith(passed);
    if (isLast && isWhole && passed.length >= CERTAIN_LENGTH) {
      held = "";
      return beyond(piece);
    }
    if (mode === "cumulative") return isWhole ? beyond(piece) : pass(piece);
    if (mode === "pieces" || passed === "") return pass(piece);
    const before = held || passed;
    if (piece.length === before.length || !piece.startsWith(before)) {
      return decide("pieces", piece);
    }
    if (held !== "") return decide("cumulative", piece);
    held = piece;
    return "";
  }

  function addWhole(text: string, isLast: boolean): string {
    if (text === "") return "";
    held = "";
    const known = passed.trimStart();
    if (text.startsWith(passed)) return beyond(text);
    if (text.startsWith(known)) return pass(text.slice(known.length));
    if (isLast && known.trimEnd().endsWith(text.trim())) return "";
    return pass(text);
  }

  return {
    add,
    addWhole,
    end: () => {
      if (held === "") return "";
      const isWhole = passed.length >= CERTAIN_LENGTH;
      const piece = held;
      held = "";
      return isWhole ? beyond(piece) : pass(piece);
    },
  };
}
