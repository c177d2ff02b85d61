import { isObject, type Json, type JsonObject } from "../../core/storage/json";

/** Top-level keys whose value counts changes: two requests that add to it both count. */
const COUNTERS = new Set(["versions"]);

/**
 * Puts what one request changed over what others saved meanwhile: top-level keys that it set,
 * changed or removed. Counters are added up instead.
 *
 * @param base What the request began with.
 * @param mine What it ends with.
 * @param theirs What is saved now.
 */
export function mergeChanges(
  base: JsonObject,
  mine: JsonObject,
  theirs: JsonObject,
): JsonObject {
  const merged = new Map(Object.entries(theirs));
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (isSame(base[key], mine[key])) continue;
    const value = mine[key];
    if (value === undefined) merged.delete(key);
    else if (!COUNTERS.has(key)) merged.set(key, value);
    else merged.set(key, addUp(base[key], value, theirs[key]));
  }
  return Object.fromEntries(merged);
}

/** Key by key: theirs, and what was added to mine. */
function addUp(base: Json | undefined, mine: Json, theirs: Json | undefined) {
  if (!isObject(mine) || !isObject(theirs)) return mine;
  const sums = Object.entries(mine).map(([key, value]) => {
    const before = isObject(base) ? base[key] : 0;
    return [key, count(theirs[key]) + count(value) - count(before)];
  });
  return { ...theirs, ...(Object.fromEntries(sums) as JsonObject) };
}

const count = (value: Json | undefined) =>
  typeof value === "number" ? value : 0;

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
