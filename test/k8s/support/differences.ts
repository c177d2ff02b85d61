import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import type { Manifest } from "./manifests";

/**
 * Describes `other` by its differences to `base`, one object after another: `-` is only in `base`,
 * `+` only in `other` (written whole), `~` in both, with each path whose value differs.
 */
export function differences(base: Manifest[], other: Manifest[]): string {
  const [before, after] = [byKey(base), byKey(other)];
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const sections = [...after].flatMap(([key, object]) => {
    const counterpart = before.get(key);
    if (isDeepStrictEqual(counterpart, object)) return [];
    return counterpart === undefined
      ? [`+ ${key}`, indented(stringify(withoutLabels(object)).trim())]
      : [`~ ${key}`, indented(changes(counterpart, object).join("\n"))];
  });
  return [...removed.map((key) => `- ${key}`), ...sections].join("\n");
}

/**
 * The names of ConfigMaps of settings end in a hash of their content, which is no part of the key.
 */
const byKey = (objects: Manifest[]) =>
  new Map(
    objects.map((object) => [
      `${object.kind} ${object.metadata.name.replace(/-[0-9a-f]{10}$/, "-*")}`,
      object,
    ]),
  );

/** Labels are the same for every object of a component, and have their own test. */
function withoutLabels({ metadata, ...object }: Manifest) {
  const { labels: _, ...named } = metadata;
  return { metadata: named, ...object };
}

function changes(
  before: unknown,
  after: unknown,
  path: string[] = [],
): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    return [
      ...new Set([...Object.keys(before), ...Object.keys(after)]),
    ].flatMap((key) => changes(before[key], after[key], [...path, key]));
  }
  return [`${path.join(".")}: ${JSON.stringify(after) ?? "(absent)"}`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const indented = (text: string) => text.replaceAll(/^/gm, "    ");
