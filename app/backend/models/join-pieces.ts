import type { ModelEvent } from "./model";

/** Joins adjacent pieces of the same kind: each costs time, and a line of the reply's log. */
export function joinPieces(events: readonly ModelEvent[]): ModelEvent[] {
  const joined: ModelEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (isPiece(event) && isPiece(last) && event.kind === last.kind) {
      const text = last.text + event.text;
      joined[joined.length - 1] = { kind: event.kind, text };
    } else {
      joined.push(event);
    }
  }
  return joined;
}

type Piece = Extract<ModelEvent, { kind: "text" | "reasoning" }>;

const isPiece = (event: ModelEvent | undefined): event is Piece =>
  event?.kind === "text" || event?.kind === "reasoning";
