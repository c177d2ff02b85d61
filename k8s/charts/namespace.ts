import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "../constructs/emit";
import { labels } from "../constructs/labels";
import type { Quota } from "../constructs/quota";

export interface NamespaceProps {
  namespace: string;
  /** False if the namespace exists: its labels, quota and limits stay as they are. */
  create: boolean;
  quota: Quota;
  /** Number of NodePort Services allowed: one for an ingress in this namespace. */
  nodePorts: number;
  /** Labels for a load balancer's controller. */
  extraLabels?: Record<string, string>;
}

/** The namespace with its pod security standard, quota, default limits and priorities. */
export class NamespaceChart extends Chart {
  constructor(scope: Construct, id: string, props: NamespaceProps) {
    super(scope, id);
    if (props.create) {
      this.addNamespace(props);
      this.addQuota(props);
    }
    this.addPriorities(props.namespace);
  }

  private addNamespace({ namespace, extraLabels }: NamespaceProps): void {
    emit(this, "namespace", k8s.KubeNamespace, {
      metadata: {
        name: namespace,
        labels: {
          ...labels(namespace, "policy"),
          ...podSecurityLabels,
          ...extraLabels,
        },
      },
    });
  }

  private addQuota({ namespace, quota, nodePorts }: NamespaceProps): void {
    const metadata = {
      name: "keepsake",
      namespace,
      labels: labels(namespace, "policy"),
    };
    emit(this, "quota", k8s.KubeResourceQuota, {
      metadata,
      spec: { hard: hard(quota, nodePorts) },
    });
    // The quota rejects pods without requests, such as ones added by hand.
    emit(this, "defaults", k8s.KubeLimitRange, {
      metadata,
      spec: {
        limits: [
          {
            type: "Container",
            defaultRequest: quantities({ cpu: "25m", memory: "64Mi" }),
            default: quantities({ memory: "256Mi" }),
          },
        ],
      },
    });
  }

  private addPriorities(namespace: string): void {
    emit(this, "serving", k8s.KubePriorityClass, {
      metadata: {
        name: `${namespace}-serving`,
        labels: labels(namespace, "policy"),
      },
      value: 100_000,
      description: "Pods that visitors wait for: scheduled before batch work.",
    });
    emit(this, "sweeping", k8s.KubePriorityClass, {
      metadata: {
        name: `${namespace}-sweeping`,
        labels: labels(namespace, "policy"),
      },
      value: -10,
      preemptionPolicy: "Never",
      description: "Batch work: scheduled after all other pods.",
    });
  }
}

const podSecurityLabels = {
  "pod-security.kubernetes.io/enforce": "restricted",
  "pod-security.kubernetes.io/enforce-version": "latest",
  "pod-security.kubernetes.io/audit": "restricted",
  "pod-security.kubernetes.io/audit-version": "latest",
  "pod-security.kubernetes.io/warn": "restricted",
  "pod-security.kubernetes.io/warn-version": "latest",
};

const hard = (quota: Quota, nodePorts: number) =>
  quantities({
    pods: String(quota.pods),
    "requests.cpu": String(quota.cpu),
    "requests.memory": `${quota.memoryGi}Gi`,
    "limits.memory": `${quota.memoryLimitGi}Gi`,
    // Sessions and records, and one more while a claim is replaced.
    persistentvolumeclaims: "3",
    "services.loadbalancers": "0",
    "services.nodeports": String(nodePorts),
  });

function quantities(
  values: Record<string, string>,
): Record<string, k8s.Quantity> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      k8s.Quantity.fromString(value),
    ]),
  );
}
