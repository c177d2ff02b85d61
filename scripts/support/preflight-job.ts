import { text } from "node:stream/consumers";

/*
 * Reads Keepsake's Deployments (`kubectl get deployments -o json`) on standard input and prints what
 * preflight needs to run beside them: the same image, volumes and settings, so that it meets what
 * they meet.
 *
 *   preflightJob.js RUN [OPTIONS OF PREFLIGHT…]
 */

interface Named {
  name: string;
  [field: string]: unknown;
}

interface Container extends Named {
  image: string;
  command?: string[];
  env?: Named[];
  envFrom?: unknown[];
  volumeMounts?: { name: string; mountPath: string }[];
  resources?: unknown;
  securityContext?: unknown;
}

interface PodSpec {
  containers: Container[];
  volumes?: Named[];
  securityContext?: unknown;
  tolerations?: unknown;
}

interface Deployment {
  metadata: { name: string; namespace: string };
  spec: { template: { spec: PodSpec } };
}

const PEERS = 2;
/** Long enough for an image to be pulled and for pods that never meet to say so. */
const DEADLINE_SECONDS = 900;

const labels = {
  "app.kubernetes.io/name": "keepsake",
  "app.kubernetes.io/part-of": "keepsake",
  "app.kubernetes.io/component": "preflight",
};
const selector = {
  matchLabels: {
    "app.kubernetes.io/name": "keepsake",
    "app.kubernetes.io/component": "preflight",
  },
};

async function main([run = "", ...options]: string[]): Promise<void> {
  const { items } = JSON.parse(await text(process.stdin)) as {
    items: Deployment[];
  };
  const [web, backend] = [named(items, "web"), named(items, "backend")];
  const { namespace } = web.metadata;
  const objects = [
    ...permissions(namespace),
    ...networkPolicies(namespace),
    job(run, options, web, backend),
  ];
  console.log(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, 1),
  );
}

function named(items: Deployment[], name: string): Deployment {
  const found = items.find(({ metadata }) => metadata.name === name);
  if (found) return found;
  throw new Error(
    `There is no Deployment ${name}. Apply the manifests first, or name their namespace with --namespace.`,
  );
}

const ref = (kind: string, name: string) => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind,
  name,
});

function permissions(namespace: string): object[] {
  const metadata = { name: "preflight", namespace, labels };
  const ofCluster = { name: `${namespace}-preflight`, labels };
  const subjects = [{ kind: "ServiceAccount", name: "preflight", namespace }];
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { ...rbac, kind: "Role", metadata, rules: namespaced },
    {
      ...rbac,
      kind: "RoleBinding",
      metadata,
      roleRef: ref("Role", "preflight"),
      subjects,
    },
    { ...rbac, kind: "ClusterRole", metadata: ofCluster, rules: clusterWide },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      metadata: ofCluster,
      roleRef: ref("ClusterRole", ofCluster.name),
      subjects,
    },
  ];
}

const may = (apiGroup: string, ...resources: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ["get", "list"],
});

/** Nothing that holds a secret. */
const namespaced = [
  may("", "pods", "services", "configmaps"),
  may("apps", "deployments"),
  may("autoscaling", "horizontalpodautoscalers"),
  may("networking.k8s.io", "ingresses"),
  may("elbv2.k8s.aws", "targetgroupbindings"),
  may("eks.amazonaws.com", "targetgroupbindings"),
];

const clusterWide = [
  may("", "persistentvolumes"),
  may("storage.k8s.io", "csidrivers"),
  may("networking.k8s.io", "ingressclasses"),
  {
    ...may("apps", "deployments", "daemonsets"),
    resourceNames: ["aws-load-balancer-controller", "efs-csi-node"],
  },
];

/** Policies add up: these open what preflight needs, and are gone with it. */
function networkPolicies(namespace: string): object[] {
  const policy = (name: string, spec: object) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace, labels },
    spec,
  });
  return [
    policy("preflight", {
      podSelector: selector,
      policyTypes: ["Ingress", "Egress"],
      egress: [
        {
          to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
        },
      ],
    }),
    policy("preflight-to-backend", {
      podSelector: {
        matchLabels: {
          "app.kubernetes.io/name": "keepsake",
          "app.kubernetes.io/component": "backend",
        },
      },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: selector }] }],
    }),
  ];
}

function job(
  run: string,
  options: string[],
  web: Deployment,
  backend: Deployment,
): object {
  const { namespace } = web.metadata;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: `preflight-${run}`, namespace, labels },
    spec: {
      completions: PEERS,
      parallelism: PEERS,
      completionMode: "Indexed",
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE_SECONDS,
      ttlSecondsAfterFinished: 3_600,
      template: {
        metadata: { labels: { ...labels, "keepsake/run": run } },
        spec: pod(
          run,
          options,
          web.spec.template.spec,
          backend.spec.template.spec,
        ),
      },
    },
  };
}

function pod(
  run: string,
  options: string[],
  web: PodSpec,
  backend: PodSpec,
): object {
  const { securityContext, tolerations } = web;
  const volumes = [
    ...(web.volumes ?? []),
    ...(backend.volumes ?? [])
      .filter(isData)
      .map((volume) => ({ ...volume, name: "records" })),
  ];
  return {
    serviceAccountName: "preflight",
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 5,
    securityContext,
    tolerations,
    // Preferred, not required: on a single node it runs all the same, and says what that can't prove.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "keepsake/run": run } },
      },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: { matchLabels: { "keepsake/run": run } },
            },
          },
        ],
      },
    },
    volumes,
    containers: [container(run, options, web, backend)],
  };
}

const isData = ({ name }: Named) => name === "data";

function container(
  run: string,
  options: string[],
  web: PodSpec,
  backend: PodSpec,
): object {
  const [first] = web.containers;
  const [second] = backend.containers;
  if (!first || !second)
    throw new Error("A Deployment of Keepsake has no container.");
  const { image, resources, securityContext, envFrom } = first;
  const records = (second.volumeMounts ?? [])
    .filter(isData)
    .map((mount) => ({ ...mount, name: "records" }));
  return {
    name: "preflight",
    image,
    imagePullPolicy: "IfNotPresent",
    workingDir: "/app",
    // By its path, which images have that were made before it had a name: they run again after a rollback.
    command: ["node", "build/app/preflight/main.js", ...options],
    envFrom,
    env: [
      ...(first.env ?? []),
      ...records.map(({ mountPath }) => ({
        name: "DATA_DIRECTORY",
        value: mountPath,
      })),
      { name: "PREFLIGHT_RUN", value: run },
      { name: "PREFLIGHT_PEERS", value: String(PEERS) },
      {
        name: "NODE_NAME",
        valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
      },
    ],
    resources,
    securityContext,
    volumeMounts: [...(first.volumeMounts ?? []), ...records],
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
