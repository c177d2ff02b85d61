export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonObject {
  [key: string]: Json;
}

/** Matches `__proto__`, also with any of its letters escaped. */
const SUSPECT = /__proto__|\\u00[5-7]/i;

/**
 * Parses an untrusted JSON object. Drops keys named `__proto__`, at any depth: copying such an
 * object key by key would change the copy's prototype.
 *
 * @returns `undefined` if the text is not a JSON object.
 */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value = SUSPECT.test(text)
      ? (JSON.parse(text, withoutPrototype) as Json)
      : (JSON.parse(text) as Json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Drops fields that are `undefined`, which JSON cannot represent. */
export const toJson = (value: object): JsonObject =>
  JSON.parse(JSON.stringify(value)) as JsonObject;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A deep copy. Strings are shared, so long texts cost nothing. */
export function copyObject(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) copy[key] = copyOf(object[key]);
  return copy;
}

function copyOf(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(copyOf);
  return isObject(value) ? copyObject(value) : (value ?? null);
}

/** A reviver for `JSON.parse` that drops keys named `__proto__`. */
export function withoutPrototype(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
