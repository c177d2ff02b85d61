import { createHash } from "node:crypto";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "./emit";
import { type Component, labels } from "./labels";

/** The first ten digits of the content's SHA-256, over one `NAME=value` a line, sorted by name. */
function settingsHash(data: Record<string, string>): string {
  const lines = Object.entries(data)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex").slice(0, 10);
}

/**
 * Adds an immutable ConfigMap named by its content. A change of settings creates another one and so
 * rolls the pods; restarted pods of the previous version still find theirs.
 *
 * @returns Its name.
 */
export function addSettings(
  scope: Construct,
  namespace: string,
  component: Component,
  data: Record<string, string>,
): string {
  const name = `${component}-${settingsHash(data)}`;
  emit(scope, "settings", k8s.KubeConfigMap, {
    metadata: { name, namespace, labels: labels(namespace, component) },
    immutable: true,
    data,
  });
  return name;
}
