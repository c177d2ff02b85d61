/** A value of the label `app.kubernetes.io/component`. */
export type Component =
  | "web"
  | "backend"
  | "sweep"
  | "preflight"
  | "ingress"
  | "storage"
  | "observability"
  | "policy"
  | "aws";

const APP_NAME = "keepsake";

/** The label of all pods of Keepsake. */
export const APP = { "app.kubernetes.io/name": APP_NAME };

/**
 * Kubernetes' recommended labels.
 *
 * @param instance The namespace, since a cluster may run several instances.
 */
export function labels(
  instance: string,
  component: Component,
): Record<string, string> {
  return {
    ...APP,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": APP_NAME,
    "app.kubernetes.io/managed-by": "cdk8s",
  };
}

/** A Deployment's selector is immutable, so it must not depend on a construct's path or a version. */
export function selector(component: Component): Record<string, string> {
  return {
    ...APP,
    "app.kubernetes.io/component": component,
  };
}
