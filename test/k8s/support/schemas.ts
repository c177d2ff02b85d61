import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { ApiServer } from "./api-server";

interface Schema {
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-group-version-kind"?: {
    group: string;
    version: string;
    kind: string;
  }[];
}

/** kubeconform's pattern for the files of `writeSchemas`. */
export const SCHEMA_NAME =
  "{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json";

/**
 * Writes a JSON schema for every kind of an API server, custom resources included, so strict that
 * an unknown field is an error.
 */
export async function writeSchemas(
  server: ApiServer,
  folder: string,
): Promise<void> {
  const text = await server.must(["get", "--raw", "/openapi/v2"]);
  const { definitions } = JSON.parse(text) as {
    definitions: Record<string, Schema>;
  };
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [
      name,
      tightened(schema),
    ]),
  );
  await writeFile(
    path.join(folder, "all.json"),
    JSON.stringify({ definitions: strict }),
  );
  for (const [name, schema] of Object.entries(definitions)) {
    for (const of of schema["x-kubernetes-group-version-kind"] ?? []) {
      // The core group has no name; kubeconform uses its version instead.
      const group = of.group || of.version;
      const file = `${of.kind.toLowerCase()}-${group}-${of.version}.json`;
      const reference = { $ref: `all.json#/definitions/${name}` };
      await writeFile(path.join(folder, file), JSON.stringify(reference));
    }
  }
}

function tightened(schema: Schema): Schema {
  if (
    schema.format === "int-or-string" ||
    schema["x-kubernetes-int-or-string"]
  ) {
    return { oneOf: [{ type: "string" }, { type: "integer" }] };
  }
  const { properties, items, additionalProperties } = schema;
  const tight: Schema = { ...schema };
  if (items) tight.items = tightened(items);
  if (typeof additionalProperties === "object") {
    tight.additionalProperties = tightened(additionalProperties);
  }
  if (properties) {
    tight.properties = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [
        name,
        tightened(field),
      ]),
    );
    const isOpen =
      schema["x-kubernetes-preserve-unknown-fields"] ||
      additionalProperties !== undefined;
    if (!isOpen) tight.additionalProperties = false;
  }
  return tight;
}
