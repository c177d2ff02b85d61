import type { ApiObject } from "cdk8s";
import type { Construct } from "constructs";

type Kind<P> = new (scope: Construct, id: string, props: P) => ApiObject;

/**
 * Adds an object to a chart, and throws if its typed class dropped a field. These classes silently
 * drop every field that is not in their schema.
 *
 * @param id Unique in the chart. Names in the cluster come from `metadata.name` alone.
 * @throws Error naming the object and every field that is missing in the manifest.
 */
export function emit<P extends object>(
  scope: Construct,
  id: string,
  Class: Kind<P>,
  props: P,
): ApiObject {
  const object = new Class(scope, id, props);
  const lost = droppedFields(props, object.toJson() as unknown);
  if (lost.length > 0) {
    throw new Error(
      `${object.kind} ${object.name}: the typed class ${Class.name} dropped ${lost.join(", ")}. ` +
        "Import newer types, or add this object as a plain ApiObject.",
    );
  }
  return object;
}

/** Paths in `fields` that `output` lacks. Names may differ in case (`clusterIp`, `clusterIP`). */
export function droppedFields(
  fields: unknown,
  output: unknown,
  path = "",
): string[] {
  const value = unwrapped(fields);
  if (value === undefined) return [];
  if (Array.isArray(value)) {
    const items = Array.isArray(output) ? (output as unknown[]) : [];
    return value.flatMap((item, index) =>
      droppedFields(item, items[index], `${path}[${index}]`),
    );
  }
  if (!isRecord(value)) return output === undefined ? [path] : [];
  if (Object.keys(value).length > 0 && !isRecord(output)) return [path];
  const found = new Map(
    Object.entries(isRecord(output) ? output : {}).map(([name, field]) => [
      plain(name),
      field,
    ]),
  );
  return Object.entries(value).flatMap(([name, field]) =>
    droppedFields(
      field,
      found.get(plain(name)),
      (path && `${path}.${name}`) || name,
    ),
  );
}

/** Quantity and IntOrString are written as their value. */
function unwrapped(value: unknown): unknown {
  const isWrapper =
    isRecord(value) && Object.getPrototypeOf(value) !== Object.prototype;
  return isWrapper && "value" in value ? value.value : value;
}

const plain = (name: string) => name.replace(/[^a-zA-Z0-9]/g, "").toLowerCase();

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
