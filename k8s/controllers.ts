import type { Controller } from "./charts/LoadBalancerChart";

/** The two that make Application Load Balancers from an Ingress. */
export const CONTROLLERS = {
  alb: {
    name: "ingress.k8s.aws/alb",
    params: {
      group: "elbv2.k8s.aws",
      version: "v1beta1",
      certificates: "certificateArn",
    },
    // A pod counts as ready when the load balancer says so: a rollout never outruns it.
    namespaceLabels: { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" },
  },
  "eks-auto": {
    name: "eks.amazonaws.com/alb",
    params: {
      group: "eks.amazonaws.com",
      version: "v1",
      certificates: "certificateARNs",
    },
    namespaceLabels: {
      "eks.amazonaws.com/pod-readiness-gate-inject": "enabled",
    },
  },
} satisfies Record<
  string,
  Controller & { namespaceLabels: Record<string, string> }
>;
