/** Picks that look free and are always the same for the same seed (mulberry32). */
export interface Picks {
  one<T>(from: readonly T[]): T;
}

/** @param seed Any text: what was asked, and how often it was asked before. */
export function picksFrom(seed: string): Picks {
  let state = hash(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { one: (from) => from[Math.floor(next() * from.length)]! };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value;
}
