export type Json =
  null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JsonObject {
  [key: string]: Json;
}

/** Also written with an escape for any of its letters. */
const SUSPECT = /__proto__|\\u00[5-7]/i;

/**
 * Parses a JSON object that may come from anywhere. A key `__proto__`, at any depth, is left out:
 * whoever copies such an object key by key would change its prototype instead.
 *
 * @returns `undefined` if it is no JSON, or no object.
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

/** A JSON object of what may hold `undefined`, which is left out: it would not come back as it went. */
export const toJson = (value: object): JsonObject =>
  JSON.parse(JSON.stringify(value)) as JsonObject;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy that shares nothing which can be changed; long texts cost nothing. */
export function copyObject(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object)) copy[key] = copyOf(object[key]);
  return copy;
}

function copyOf(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(copyOf);
  return isObject(value) ? copyObject(value) : (value ?? null);
}

/** For `JSON.parse`: leaves out a key `__proto__`, at any depth. */
export function withoutPrototype(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
