import type { k8s } from "cdk8s-plus-27";
import type { Controller } from "./charts/load-balancer";

function serviceAccount(account: string): k8s.Subject {
  const [namespace, name = ""] = account.split("/");
  return { kind: "ServiceAccount", name, namespace };
}

/** The two controllers that create an Application Load Balancer from an Ingress. */
export const CONTROLLERS = {
  alb: {
    name: "ingress.k8s.aws/alb",
    params: {
      group: "elbv2.k8s.aws",
      version: "v1beta1",
      certificates: "certificateArn",
    },
    subject: serviceAccount,
    // A pod is ready only when its target is healthy, so a rollout never outruns the load balancer.
    namespaceLabels: { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" },
  },
  "eks-auto": {
    name: "eks.amazonaws.com/alb",
    params: {
      group: "eks.amazonaws.com",
      version: "v1",
      certificates: "certificateARNs",
    },
    // Auto Mode's controllers run outside the cluster, as members of this group.
    subject: () => ({
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Group",
      name: "eks:managed",
    }),
    namespaceLabels: {
      "eks.amazonaws.com/pod-readiness-gate-inject": "enabled",
    },
  },
} satisfies Record<
  string,
  Controller & { namespaceLabels: Record<string, string> }
>;
