import { ApiObject, Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import type { DrainTimes } from "../constructs/drain";
import { emit } from "../constructs/emit";
import { addIngress } from "../constructs/ingress";
import { labels } from "../constructs/labels";
import { isIpv6 } from "../schema/fields";
import type { LoadBalancer } from "../schema/ingress";
import { albAnnotations, loadBalancerAttributes } from "../constructs/alb";

/** The differences between the AWS Load Balancer Controller and EKS Auto Mode. */
export interface Controller {
  name: string;
  /** The controller's own IngressClassParams. */
  params: { group: string; version: string; certificates: string };
  /** The controller's identity at the API server. @param account Namespace and service account. */
  subject: (account: string) => k8s.Subject;
}

export interface LoadBalancerProps {
  namespace: string;
  controller: Controller;
  loadBalancer: LoadBalancer;
  drain: DrainTimes;
  isTlsToWeb: boolean;
}

export class LoadBalancerChart extends Chart {
  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    this.addParams(props);
    this.addClass(props);
    this.allowSecret(props);
    addIngress(this, {
      namespace: props.namespace,
      className: props.namespace,
      host: props.loadBalancer.host,
      path: props.loadBalancer.path,
      annotations: albAnnotations(props),
    });
  }

  /** Settings that an Ingress can't override; only this namespace may use the class. */
  private addParams({
    namespace,
    controller,
    loadBalancer,
  }: LoadBalancerProps) {
    const { group, version, certificates } = controller.params;
    const { certificateArn, scheme, subnetCidrs, tags } = loadBalancer;
    const { subnets, subnetTags } = loadBalancer;
    // Targets with IPv6 addresses need dualstack.
    const ipAddressType =
      loadBalancer.ipAddressType ??
      (subnetCidrs.some(isIpv6) ? "dualstack" : undefined);
    return new ApiObject(this, "params", {
      apiVersion: `${group}/${version}`,
      kind: "IngressClassParams",
      metadata: { name: namespace, labels: labels(namespace, "ingress") },
      spec: {
        scheme,
        namespaceSelector: {
          matchLabels: { "kubernetes.io/metadata.name": namespace },
        },
        ...(subnets ? { subnets: { ids: subnets } } : {}),
        ...(subnetTags ? { subnets: { tags: subnetTags } } : {}),
        ...(certificateArn ? { [certificates]: [certificateArn] } : {}),
        ...(ipAddressType ? { ipAddressType } : {}),
        ...(loadBalancer.group
          ? { group: { name: loadBalancer.group.name } }
          : {}),
        loadBalancerAttributes: loadBalancerAttributes(loadBalancer),
        ...(Object.keys(tags).length > 0
          ? {
              tags: Object.entries(tags).map(([key, value]) => ({
                key,
                value,
              })),
            }
          : {}),
      },
    });
  }

  /** Controllers have no right to read Secrets by default, and OIDC keeps its client secret in one. */
  private allowSecret({
    namespace,
    controller,
    loadBalancer: { authenticate },
  }: LoadBalancerProps) {
    if (authenticate?.kind !== "oidc") return;
    const metadata = {
      name: "sign-in-secret",
      namespace,
      labels: labels(namespace, "ingress"),
    };
    emit(this, "secret-role", k8s.KubeRole, {
      metadata,
      rules: [
        {
          apiGroups: [""],
          resources: ["secrets"],
          resourceNames: [authenticate.secretName],
          verbs: ["get", "list", "watch"],
        },
      ],
    });
    emit(this, "secret-binding", k8s.KubeRoleBinding, {
      metadata,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Role",
        name: metadata.name,
      },
      subjects: [controller.subject(authenticate.controllerAccount)],
    });
  }

  private addClass({ namespace, controller }: LoadBalancerProps) {
    emit(this, "class", k8s.KubeIngressClass, {
      metadata: { name: namespace, labels: labels(namespace, "ingress") },
      spec: {
        controller: controller.name,
        parameters: {
          apiGroup: controller.params.group,
          kind: "IngressClassParams",
          name: namespace,
        },
      },
    });
  }
}
