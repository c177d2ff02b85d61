import { ApiObject, Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "../constructs/emit";
import { labels, selector } from "../constructs/labels";
import { allow, podsOf } from "../constructs/network-policy";

interface Named {
  name: string;
  [field: string]: unknown;
}

/** The fields of a running Deployment's pods that preflight takes over. */
export interface PodSpec {
  containers: {
    image: string;
    env?: Named[];
    envFrom?: unknown[];
    volumeMounts?: { name: string; mountPath: string }[];
    resources?: unknown;
    securityContext?: unknown;
  }[];
  volumes?: Named[];
  securityContext?: unknown;
  affinity?: { nodeAffinity?: unknown };
  imagePullSecrets?: unknown;
  nodeSelector?: unknown;
  tolerations?: unknown;
}

export interface PreflightProps {
  namespace: string;
  /** The unique name of the run. */
  run: string;
  /** Options of the preflight command. */
  options: string[];
  web: PodSpec;
  backend: PodSpec;
}

/** All addresses except for link-local ones and the metadata endpoints. */
const EVERYWHERE = [
  { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
  { ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::/32"] } },
];

const PODS = 2;

/** Long enough to pull an image and to report pods that never meet. */
const DEADLINE_SECONDS = 900;

/**
 * The Job that checks a deployment from inside, with the image, volumes and settings of the running
 * pods, and the permissions that it needs. It is removed after the run.
 */
export class PreflightChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: PreflightProps,
  ) {
    super(scope, id);
    this.addRoles();
    this.addNetworkPolicies();
    this.addJob();
  }

  private addRoles(): void {
    const { namespace } = this.props;
    const clusterRole = `${namespace}-preflight`;
    const subjects = [{ kind: "ServiceAccount", name: "preflight", namespace }];
    emit(this, "account", k8s.KubeServiceAccount, {
      metadata: this.metadata("preflight"),
    });
    emit(this, "role", k8s.KubeRole, {
      metadata: this.metadata("preflight"),
      rules: inNamespace,
    });
    emit(this, "binding", k8s.KubeRoleBinding, {
      metadata: this.metadata("preflight"),
      roleRef: roleRef("Role", "preflight"),
      subjects,
    });
    const metadata = { ...this.metadata(clusterRole), namespace: undefined };
    emit(this, "cluster-role", k8s.KubeClusterRole, {
      metadata,
      rules: inCluster,
    });
    emit(this, "cluster-binding", k8s.KubeClusterRoleBinding, {
      metadata,
      roleRef: roleRef("ClusterRole", clusterRole),
      subjects,
    });
  }

  /** Policies add up: these allow only what preflight needs. */
  private addNetworkPolicies(): void {
    allow(this, this.props.namespace, "preflight", {
      egress: [{ to: EVERYWHERE }],
    });
    emit(this, "to-backend", k8s.KubeNetworkPolicy, {
      metadata: this.metadata("preflight-to-backend"),
      spec: {
        podSelector: { matchLabels: selector("backend") },
        policyTypes: ["Ingress"],
        ingress: [{ from: [podsOf("preflight")] }],
      },
    });
  }

  /** Not a typed object: the fields of running pods may be newer than the types. */
  private addJob(): void {
    const metadata = this.metadata(`preflight-${this.props.run}`);
    emit(this, "job", ApiObject, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata,
      spec: {
        completions: PODS,
        parallelism: PODS,
        completionMode: "Indexed",
        backoffLimit: 0,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        ttlSecondsAfterFinished: 3_600,
        template: {
          metadata: { labels: { ...metadata.labels, ...this.runLabel() } },
          spec: this.pod(),
        },
      },
    });
  }

  private pod(): object {
    const { web, backend } = this.props;
    const labelSelector = { matchLabels: this.runLabel() };
    const topologyKey = "kubernetes.io/hostname";
    return {
      serviceAccountName: "preflight",
      automountServiceAccountToken: true,
      enableServiceLinks: false,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      securityContext: web.securityContext,
      tolerations: web.tolerations,
      nodeSelector: web.nodeSelector,
      imagePullSecrets: web.imagePullSecrets,
      // Preferred, not required: on a single node it runs too, and reports the limitation.
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector,
        },
      ],
      affinity: {
        nodeAffinity: web.affinity?.nodeAffinity,
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, podAffinityTerm: { topologyKey, labelSelector } },
          ],
        },
      },
      volumes: [...(web.volumes ?? []), ...asRecords(backend.volumes)],
      containers: [this.container()],
    };
  }

  private container(): object {
    const { run, options, web, backend } = this.props;
    const [first] = web.containers;
    const [second] = backend.containers;
    if (!first || !second)
      throw new Error("A Deployment of Keepsake has no container.");
    const records = asRecords(second.volumeMounts);
    return {
      name: "preflight",
      image: first.image,
      imagePullPolicy: "IfNotPresent",
      workingDir: "/app",
      // By path: older images, which run again after a rollback, have no command of this name.
      command: ["node", "build/app/preflight/main.js", ...options],
      envFrom: first.envFrom,
      env: [
        ...(first.env ?? []),
        ...records.map(({ mountPath }) => ({
          name: "DATA_DIRECTORY",
          value: mountPath,
        })),
        { name: "PREFLIGHT_RUN", value: run },
        { name: "PREFLIGHT_PEERS", value: String(PODS) },
        {
          name: "NODE_NAME",
          valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
        },
      ],
      resources: first.resources,
      securityContext: first.securityContext,
      volumeMounts: [...(first.volumeMounts ?? []), ...records],
    };
  }

  private runLabel(): Record<string, string> {
    return { "keepsake/run": this.props.run };
  }

  private metadata(name: string) {
    const { namespace } = this.props;
    return { name, namespace, labels: labels(namespace, "preflight") };
  }
}

/** The backend's volume under a name that differs from web's. */
const asRecords = <T extends { name: string }>(volumes: T[] = []): T[] =>
  volumes
    .filter(({ name }) => name === "data")
    .map((volume) => ({ ...volume, name: "records" }));

const roleRef = (kind: string, name: string) => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind,
  name,
});

const read = (apiGroup: string, ...resources: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ["get", "list"],
});

/** Excludes every kind that contains secrets. */
const inNamespace = [
  read("", "pods", "services", "configmaps"),
  read("apps", "deployments"),
  read("autoscaling", "horizontalpodautoscalers"),
  read("networking.k8s.io", "ingresses"),
  read("gateway.networking.k8s.io", "httproutes"),
  read("elbv2.k8s.aws", "targetgroupbindings"),
  read("eks.amazonaws.com", "targetgroupbindings"),
];

const inCluster = [
  read("", "persistentvolumes"),
  read("storage.k8s.io", "csidrivers"),
  read("networking.k8s.io", "ingressclasses"),
  {
    ...read("apps", "deployments", "daemonsets"),
    resourceNames: ["aws-load-balancer-controller", "efs-csi-node"],
  },
];
