/** The parts of Keepsake that labels tell apart. */
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

/**
 * The recommended labels of Kubernetes.
 *
 * @param instance The namespace: several Keepsakes may share a cluster, each in its own.
 */
export function labels(
  instance: string,
  component: Component,
): Record<string, string> {
  return {
    "app.kubernetes.io/name": APP_NAME,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": APP_NAME,
    "app.kubernetes.io/managed-by": "cdk8s",
  };
}

/**
 * What a selector matches. A Deployment's selector can never be changed, so it is written out here
 * and depends on nothing: not on a construct's place, not on a version.
 */
export function selector(component: Component): Record<string, string> {
  return {
    "app.kubernetes.io/name": APP_NAME,
    "app.kubernetes.io/component": component,
  };
}
