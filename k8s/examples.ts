import type { Environment } from "./schema/environment";

/** Values of the shipped environments and of the documents, which exist in no account. */
const EXAMPLES = [
  /\b111122223333\b/,
  /sha256:0{64}$/,
  /\b(fs|fsap|subnet|vpc|sg)-0123456789abcdef/,
  /01234567-89ab-cdef-0123-456789abcdef/,
  /(^|[./@])example\.(com|net|org)\b/,
];

/** Paths of the fields that still have an example value, such as `ingress.host`. */
export function exampleFields(environment: Environment): string[] {
  return [...new Set(pathsOfExamples(environment, ""))];
}

function pathsOfExamples(value: unknown, path: string): string[] {
  if (typeof value === "string") {
    return EXAMPLES.some((example) => example.test(value)) ? [path] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item) => pathsOfExamples(item, path));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    pathsOfExamples(field, path ? `${path}.${name}` : name),
  );
}

/**
 * An annotation that makes every API server reject the object. Its name is invalid, and the
 * rejection prints the name, so it says what to do.
 */
export function rejectingAnnotation(
  name: string,
  fields: string[],
): Record<string, string> {
  if (fields.length === 0) return {};
  return {
    [`example values: set ${fields.join(", ")} in k8s/environments/${name}.ts`]:
      "",
  };
}
