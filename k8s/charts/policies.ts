import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "../constructs/emit";
import {
  type MatchResources,
  type Validation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  type ValidatingAdmissionPolicyProps,
  type Variable,
} from "../constructs/k8s-1.28-plus";
import { APP, labels } from "../constructs/labels";
import { block, podsIn, tcp, udp } from "../constructs/network-policy";

export interface PoliciesProps {
  namespace: string;
  /** False if other pods may be in the namespace: then policies are for Keepsake's own pods. */
  createNamespace: boolean;
  /** Reject images without a digest; otherwise only those without a tag or with `latest`. */
  pinnedImages: boolean;
  /** Name servers that are not pods in kube-system. */
  dnsCidrs: string[];
  claims: { sessions: string; records: string };
}

const PINNED = {
  expression:
    "variables.containers.all(c, c.image.matches('@sha256:[0-9a-f]{64}$'))",
  messageExpression:
    "'An image must be named by its digest (name@sha256:…), since a tag can be moved to another image: ' + variables.containers.filter(c, !c.image.matches('@sha256:[0-9a-f]{64}$')).map(c, c.image).join(', ')",
};

const TAGGED = {
  expression:
    "variables.containers.all(c, c.image.matches('(:[^/:]+|@sha256:[0-9a-f]{64})$') && !c.image.endsWith(':latest'))",
  messageExpression:
    "'An image must have a tag other than latest, or a digest: ' + variables.containers.filter(c, !c.image.matches('(:[^/:]+|@sha256:[0-9a-f]{64})$') || c.image.endsWith(':latest')).map(c, c.image).join(', ')",
};

/** Denies traffic that no policy allows, mutable images, and writes to another component's claim. */
export class PoliciesChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: PoliciesProps,
  ) {
    super(scope, id);
    this.denyByDefault();
    this.allowNames();
    this.admit(
      "images",
      {
        variables: [
          {
            name: "containers",
            expression:
              "object.spec.containers + object.spec.?initContainers.orValue([]) + object.spec.?ephemeralContainers.orValue([])",
          },
        ],
        validations: [props.pinnedImages ? PINNED : TAGGED],
      },
      this.ownPods(),
    );
    this.admit("claims", {
      variables: claimVariables,
      validations: [
        ownersOnly(props.claims.sessions, ["web", "sweep", "preflight"]),
        ownersOnly(props.claims.records, ["backend", "sweep", "preflight"]),
      ],
    });
  }

  private ownPods(): k8s.LabelSelector {
    return this.props.createNamespace ? {} : { matchLabels: APP };
  }

  private denyByDefault(): void {
    emit(this, "deny", k8s.KubeNetworkPolicy, {
      metadata: this.metadata("default-deny"),
      spec: { podSelector: this.ownPods(), policyTypes: ["Ingress", "Egress"] },
    });
  }

  private allowNames(): void {
    const { dnsCidrs } = this.props;
    const nameServers = podsIn("kube-system", { "k8s-app": "kube-dns" });
    emit(this, "names", k8s.KubeNetworkPolicy, {
      metadata: this.metadata("allow-dns"),
      spec: {
        podSelector: this.ownPods(),
        policyTypes: ["Egress"],
        egress: [
          {
            to: [nameServers, ...dnsCidrs.map((cidr) => block(cidr))],
            ports: [udp(53), tcp(53)],
          },
        ],
      },
    });
  }

  private metadata(name: string) {
    const { namespace } = this.props;
    return { name, namespace, labels: labels(namespace, "policy") };
  }

  /** Adds a cluster-wide policy and binds it to this namespace. */
  private admit(
    id: string,
    rules: Pick<
      ValidatingAdmissionPolicyProps["spec"],
      "variables" | "validations"
    >,
    objectSelector: k8s.LabelSelector = {},
  ): void {
    const { namespace } = this.props;
    const metadata = {
      name: `${namespace}-${id}`,
      labels: labels(namespace, "policy"),
    };
    emit(this, `${id}-policy`, ValidatingAdmissionPolicy, {
      metadata,
      spec: { failurePolicy: "Fail", matchConstraints: allPods, ...rules },
    });
    emit(this, `${id}-binding`, ValidatingAdmissionPolicyBinding, {
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: ["Deny", "Audit"],
        matchResources: {
          matchPolicy: "Equivalent",
          objectSelector,
          namespaceSelector: {
            matchLabels: { "kubernetes.io/metadata.name": namespace },
          },
        },
      },
    });
  }
}

/** `ephemeralcontainers` covers images of debug containers, which are added to running pods. */
const allPods: MatchResources = {
  // Defaults, but written out: otherwise a change from client-side to server-side apply conflicts.
  matchPolicy: "Equivalent",
  namespaceSelector: {},
  objectSelector: {},
  resourceRules: [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      operations: ["CREATE", "UPDATE"],
      resources: ["pods", "pods/ephemeralcontainers"],
      scope: "Namespaced",
    },
  ],
};

const claimVariables: Variable[] = [
  {
    name: "component",
    expression:
      "object.metadata.?labels[?'app.kubernetes.io/component'].orValue('')",
  },
  {
    name: "writable",
    expression:
      "object.spec.?volumes.orValue([]).filter(v, has(v.persistentVolumeClaim) && !v.persistentVolumeClaim.?readOnly.orValue(false)).map(v, v.persistentVolumeClaim.claimName)",
  },
];

/**
 * Any pod may mount the claim read-only. Finds mistakes in manifests, and stops no attacker: the
 * creator of a pod chooses its label, and could choose its service account as well.
 */
function ownersOnly(claim: string, owners: string[]): Validation {
  const list = owners.map((owner) => `'${owner}'`).join(", ");
  return {
    expression: `!('${claim}' in variables.writable) || variables.component in [${list}]`,
    message: `Only ${owners.join(", ")} may write to the claim ${claim}. Mount it with readOnly: true, or not at all.`,
  };
}
