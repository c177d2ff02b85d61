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

/** What tells the AWS Load Balancer Controller and EKS Auto Mode apart. */
export interface Controller {
  /** The name in the IngressClass. */
  name: string;
  /** Of the controller's own IngressClassParams. */
  params: { group: string; version: string; certificates: string };
  /** As whom the controller asks the API server. @param account Its namespace and service account. */
  subject: (account: string) => k8s.Subject;
}

export interface LoadBalancerProps {
  namespace: string;
  controller: Controller;
  loadBalancer: LoadBalancer;
  drain: DrainTimes;
}

/** An Application Load Balancer, made by the controller that the class names. */
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
      annotations: albAnnotations(props.loadBalancer, props.drain),
    });
  }

  /** What no Ingress of this class may decide for itself, and that only this namespace may use it. */
  private addParams({
    namespace,
    controller,
    loadBalancer,
  }: LoadBalancerProps) {
    const { group, version, certificates } = controller.params;
    const { certificateArn, scheme, subnetCidrs, tags } = loadBalancer;
    return new ApiObject(this, "params", {
      apiVersion: `${group}/${version}`,
      kind: "IngressClassParams",
      metadata: { name: namespace, labels: labels(namespace, "ingress") },
      spec: {
        scheme,
        namespaceSelector: {
          matchLabels: { "kubernetes.io/metadata.name": namespace },
        },
        ...(certificateArn ? { [certificates]: [certificateArn] } : {}),
        // Targets with IPv6 addresses need it.
        ...(subnetCidrs.some(isIpv6) ? { ipAddressType: "dualstack" } : {}),
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

  /** Signing in by OIDC takes a Secret, of which controllers may read none unless somebody lets them. */
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
