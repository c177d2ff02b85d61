import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "./emit";
import { labels } from "./labels";

export interface IngressProps {
  namespace: string;
  className: string;
  /** Without it, every host name. */
  host?: string;
  /** Empty for all paths. */
  path: string;
  annotations?: Record<string, string>;
}

/** Adds the only route: everything goes to web. */
export function addIngress(scope: Construct, props: IngressProps): void {
  emit(scope, "ingress", k8s.KubeIngress, {
    metadata: {
      name: "web",
      namespace: props.namespace,
      labels: labels(props.namespace, "ingress"),
      annotations: props.annotations,
    },
    spec: {
      ingressClassName: props.className,
      rules: [
        {
          host: props.host,
          http: {
            paths: [
              {
                path: props.path || "/",
                pathType: "Prefix",
                backend: { service: { name: "web", port: { name: "http" } } },
              },
            ],
          },
        },
      ],
    },
  });
}
