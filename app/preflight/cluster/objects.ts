import { z } from "zod";
import type { Cluster } from "./cluster";

/* The fields of Kubernetes objects that the checks use. */

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  creationTimestamp: z.string().optional(),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string().default(""),
  env: z
    .array(z.object({ name: z.string(), value: z.string().optional() }))
    .default([]),
  envFrom: z
    .array(
      z.object({ configMapRef: z.object({ name: z.string() }).optional() }),
    )
    .default([]),
  ports: z
    .array(z.object({ name: z.string().optional(), containerPort: z.number() }))
    .default([]),
  lifecycle: z
    .object({
      preStop: z
        .object({ sleep: z.object({ seconds: z.number() }).optional() })
        .optional(),
    })
    .optional(),
});

const podSpec = z.object({
  nodeName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  readinessGates: z.array(z.object({ conditionType: z.string() })).default([]),
  containers: z.array(container),
  volumes: z
    .array(
      z.object({
        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
      }),
    )
    .default([]),
});

export const Namespace = z.object({ metadata });

export const Pod = z.object({
  metadata,
  spec: podSpec,
  status: z.object({
    phase: z.string().default("Unknown"),
    podIP: z.string().optional(),
    conditions: z.array(condition).default([]),
  }),
});

export const Deployment = z.object({
  metadata,
  spec: z.object({
    template: z.object({ spec: podSpec }),
  }),
  status: z.object({ readyReplicas: z.number().default(0) }),
});

export const DaemonSet = z.object({
  metadata,
  spec: z.object({ template: z.object({ spec: podSpec }) }),
  status: z.object({
    desiredNumberScheduled: z.number().default(0),
    numberReady: z.number().default(0),
  }),
});

export const ConfigMap = z.object({
  metadata,
  data: z.record(z.string(), z.string()).default({}),
});

export const Ingress = z.object({
  metadata,
  spec: z.object({
    ingressClassName: z.string().optional(),
    rules: z
      .array(
        z.object({
          host: z.string().optional(),
          http: z
            .object({
              paths: z
                .array(z.object({ path: z.string().optional() }))
                .default([]),
            })
            .optional(),
        }),
      )
      .default([]),
  }),
  status: z
    .object({
      loadBalancer: z
        .object({
          ingress: z
            .array(
              z.object({
                hostname: z.string().optional(),
                ip: z.string().optional(),
              }),
            )
            .default([]),
        })
        .default({ ingress: [] }),
    })
    .default({ loadBalancer: { ingress: [] } }),
});

const HttpRoute = z.object({
  metadata,
  spec: z.object({
    hostnames: z.array(z.string()).default([]),
    rules: z
      .array(
        z.object({
          matches: z
            .array(
              z.object({
                path: z.object({ value: z.string().optional() }).optional(),
              }),
            )
            .default([]),
        }),
      )
      .default([]),
  }),
});

export const IngressClass = z.object({
  metadata,
  spec: z.object({ controller: z.string() }),
});

/** The address blocks that may reach the selected pods. */
export const NetworkPolicy = z.object({
  metadata,
  spec: z.object({
    ingress: z
      .array(
        z.object({
          from: z
            .array(
              z.object({ ipBlock: z.object({ cidr: z.string() }).optional() }),
            )
            .default([]),
        }),
      )
      .default([]),
  }),
});

const TargetGroupBinding = z.object({
  metadata,
  spec: z.object({ targetGroupARN: z.string().optional() }),
});

export const HorizontalPodAutoscaler = z.object({
  metadata,
  status: z
    .object({
      conditions: z.array(condition).default([]),
      currentReplicas: z.number().default(0),
      desiredReplicas: z.number().default(0),
    })
    .default({ conditions: [], currentReplicas: 0, desiredReplicas: 0 }),
});

export const PersistentVolume = z.object({
  metadata,
  spec: z.object({
    accessModes: z.array(z.string()).default([]),
    csi: z.object({ driver: z.string(), volumeHandle: z.string() }).optional(),
    claimRef: z
      .object({ namespace: z.string().optional(), name: z.string() })
      .optional(),
  }),
});

export type Condition = z.output<typeof condition>;
export type Container = z.output<typeof container>;
export type Deployment = z.output<typeof Deployment>;
export type Ingress = z.output<typeof Ingress>;
export type Pod = z.output<typeof Pod>;

export async function read<S extends z.ZodType>(
  cluster: Cluster,
  schema: S,
  path: string,
): Promise<z.output<S> | undefined> {
  const object = await cluster.get(path);
  return object === undefined ? undefined : schema.parse(object);
}

/** The objects of a list; empty if the kind does not exist. */
export async function list<S extends z.ZodType>(
  cluster: Cluster,
  schema: S,
  path: string,
): Promise<z.output<S>[]> {
  const object = await cluster.get(path);
  if (object === undefined) return [];
  return z.object({ items: z.array(schema) }).parse(object).items;
}

/** The value of a container's environment variable, also from a ConfigMap. */
export async function settingOf(
  cluster: Cluster,
  { env, envFrom }: Container,
  name: string,
): Promise<string | undefined> {
  const own = env.find((entry) => entry.name === name)?.value;
  if (own !== undefined) return own;
  for (const { configMapRef } of envFrom) {
    if (!configMapRef) continue;
    const path = `/api/v1/namespaces/${cluster.namespace}/configmaps/${configMapRef.name}`;
    const value = (await read(cluster, ConfigMap, path))?.data[name];
    if (value !== undefined) return value;
  }
  return undefined;
}

export function deploymentsOf(cluster: Cluster): Promise<Deployment[]> {
  return list(
    cluster,
    Deployment,
    `/apis/apps/v1/namespaces/${cluster.namespace}/deployments?labelSelector=${encodeURIComponent("app.kubernetes.io/component in (web,backend)")}`,
  );
}

export function podsOf(cluster: Cluster, component: string): Promise<Pod[]> {
  return list(
    cluster,
    Pod,
    `/api/v1/namespaces/${cluster.namespace}/pods?labelSelector=${encodeURIComponent(`app.kubernetes.io/component=${component}`)}`,
  );
}

export function servicesOf(cluster: Cluster, component: string) {
  return list(
    cluster,
    z.object({ metadata }),
    `/api/v1/namespaces/${cluster.namespace}/services?labelSelector=${encodeURIComponent(`app.kubernetes.io/component=${component}`)}`,
  );
}

export function ingressesOf(cluster: Cluster): Promise<Ingress[]> {
  return list(
    cluster,
    Ingress,
    `/apis/networking.k8s.io/v1/namespaces/${cluster.namespace}/ingresses`,
  );
}

/** The routes at a Gateway; none if the cluster has no Gateway API. */
export function httpRoutesOf(cluster: Cluster) {
  return list(
    cluster,
    HttpRoute,
    `/apis/gateway.networking.k8s.io/v1/namespaces/${cluster.namespace}/httproutes`,
  );
}

const BINDINGS = ["elbv2.k8s.aws/v1beta1", "eks.amazonaws.com/v1"];

/** The bindings of web's pods to target groups, by the controller or by EKS Auto Mode. */
export async function targetGroupBindingsOf(cluster: Cluster) {
  const found = await Promise.all(
    BINDINGS.map((api) =>
      list(
        cluster,
        TargetGroupBinding,
        `/apis/${api}/namespaces/${cluster.namespace}/targetgroupbindings`,
      ),
    ),
  );
  return found.flat();
}

/** The controllers of ALBs. */
const loadBalancers = {
  "ingress.k8s.aws/alb": "controller",
  "eks.amazonaws.com/alb": "auto",
} as const;

/** The controller that makes an ALB of an ingress; `undefined` for any other ingress. */
export async function albKind(
  cluster: Cluster,
  { spec }: Ingress,
): Promise<"controller" | "auto" | undefined> {
  if (!spec.ingressClassName) return undefined;
  const path = `/apis/networking.k8s.io/v1/ingressclasses/${spec.ingressClassName}`;
  const controller = (await read(cluster, IngressClass, path))?.spec.controller;
  return loadBalancers[controller as keyof typeof loadBalancers];
}
