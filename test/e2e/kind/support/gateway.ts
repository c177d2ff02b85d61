import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import kind from "../../../../k8s/environments/kind";
import { manifests } from "../../../../k8s/keepsake";
import { parseEnvironment } from "../../../../k8s/schema/read-environment";
import { HttpVisitor } from "../../../support/http-visitor";
import {
  applyIn,
  containerSecurity,
  eventually,
  kubectl,
  podSecurity,
  podsOf,
  settings,
} from "./cluster";

const run = promisify(execFile);

/** The namespace of the Gateway, its controller and its proxy, which are one Traefik. */
const GATEWAYS = "gateways";
const PROXY = { app: "traefik" };
const HTTP = 8_000;
const PING = 8_080;
const NODE_PORT = 30_080;

const inGateways = (...args: string[]) =>
  kubectl("--namespace", GATEWAYS, ...args);

/** Keepsake on kind, with a route at the Gateway in place of its own Traefik. */
const environment = () =>
  parseEnvironment({
    ...kind,
    image: settings.image,
    ingress: {
      kind: "gateway",
      host: "localhost",
      parentRefs: [{ name: "public", namespace: GATEWAYS }],
      clients: [{ namespace: GATEWAYS, podLabels: PROXY }],
      idleTimeoutSeconds: 90,
    },
  });

/**
 * Replaces Keepsake's Ingress by a Gateway, at the same address, as an operator would.
 *
 * @param manifest The present one, applied first: a test that applied it without the script took the
 *   labels away by which the script knows the objects that it has to prune.
 */
export async function useGateway(
  definitions: string,
  manifest: string,
): Promise<void> {
  const options = "--server-side --force-conflicts".split(" ");
  await kubectl("apply", ...options, "-f", definitions);
  await kubectl(
    "wait",
    "--for=condition=Established",
    "crd/httproutes.gateway.networking.k8s.io",
    "--timeout=60s",
  );
  await applyAndPrune(manifest);
  await applyAndPrune(manifests(environment()));
  await applyIn(GATEWAYS, ...gateway());
  await inGateways("rollout", "status", "deployment/traefik", "--timeout=240s");
  await eventually("the Gateway accepts the route", async () =>
    (await routeConditions()).startsWith("True True"),
  );
  await eachPodServes();
}

/** The proxy learns of routes and pods some seconds after the API server does. */
export async function eachPodServes(): Promise<void> {
  const seen = new Set<string>();
  await eventually("each pod of web serves a page", async () => {
    const pods = await podsOf("web");
    const ready = pods.filter((pod) => pod.ready && !pod.ending);
    const page = await new HttpVisitor(settings.url).read("/");
    for (const { name } of ready) if (page.includes(name)) seen.add(name);
    return ready.length > 0 && ready.every(({ name }) => seen.has(name));
  });
}

/** The reverse. Only the definitions stay. */
export async function useIngress(manifest: string): Promise<void> {
  try {
    const namespace = ["namespace", GATEWAYS, "--ignore-not-found"];
    await kubectl("delete", ...namespace, "--wait=true");
    await kubectl(
      "delete",
      "gatewayclass,clusterrole,clusterrolebinding",
      "-l",
      "test=gateway",
    );
  } finally {
    await applyAndPrune(manifest);
    await eachPodServes();
  }
}

/** The script prunes the objects of the other kind of ingress, whose port it needs. */
async function applyAndPrune(text: string): Promise<void> {
  const folder = "dist/kind-gateway";
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/keepsake.k8s.yaml`, text);
  const context = ["--context", `kind-${settings.cluster}`];
  await run("scripts/apply", ["kind-gateway", ...context]);
  await rm(folder, { recursive: true });
}

const routeConditions = () =>
  kubectl(
    "get",
    "httproute",
    "web",
    "-o",
    'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status} {.status.parents[0].conditions[?(@.type=="ResolvedRefs")].status}',
  );

function gateway(): object[] {
  const own = { name: "traefik", namespace: GATEWAYS };
  const ofCluster = { name: "traefik-gateway", labels: { test: "gateway" } };
  const subjects = [{ kind: "ServiceAccount", ...own }];
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: GATEWAYS } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: own },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: ofCluster,
      rules: RULES,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: ofCluster,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: ofCluster.name,
      },
      subjects,
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { ...ofCluster, name: "traefik" },
      spec: { controllerName: "traefik.io/gateway-controller" },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "public", namespace: GATEWAYS },
      spec: { gatewayClassName: "traefik", listeners: [LISTENER] },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: own,
      data: { "retry.yaml": JSON.stringify(RETRY) },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: own,
      spec: {
        type: "NodePort",
        selector: PROXY,
        ports: [{ port: 80, targetPort: HTTP, nodePort: NODE_PORT }],
      },
    },
    { apiVersion: "apps/v1", kind: "Deployment", metadata: own, spec: PROXIES },
  ];
}

/** The listener of the cluster's operator, who admits routes of Keepsake's namespace alone. */
const LISTENER = {
  name: "http",
  protocol: "HTTP",
  port: HTTP,
  allowedRoutes: {
    namespaces: {
      from: "Selector",
      selector: { matchLabels: { "kubernetes.io/metadata.name": "keepsake" } },
    },
  },
};

/** A pod that was killed has an address until its endpoint is removed. Another pod answers instead. */
const RETRY = {
  http: {
    middlewares: {
      retry: { retry: { attempts: 4, status: ["502", "504"] } },
    },
  },
};

const PROXIES = {
  selector: { matchLabels: PROXY },
  template: {
    metadata: { labels: PROXY },
    spec: {
      serviceAccountName: "traefik",
      securityContext: { ...podSecurity, runAsUser: 65_532 },
      volumes: [{ name: "retry", configMap: { name: "traefik" } }],
      containers: [
        {
          name: "traefik",
          image: kind.ingress.kind === "traefik" ? kind.ingress.image : "",
          imagePullPolicy: "IfNotPresent",
          args: [
            "--providers.kubernetesgateway=true",
            "--providers.file.filename=/etc/traefik/retry.yaml",
            `--entrypoints.http.address=:${HTTP}`,
            "--entrypoints.http.http.middlewares=retry@file",
            "--serverstransport.forwardingtimeouts.dialtimeout=1s",
            "--ping=true",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
          ],
          ports: [{ containerPort: HTTP }, { containerPort: PING }],
          readinessProbe: {
            httpGet: { path: "/ping", port: PING },
            periodSeconds: 2,
          },
          volumeMounts: [{ name: "retry", mountPath: "/etc/traefik" }],
          securityContext: containerSecurity,
        },
      ],
    },
  },
};

const READ = ["get", "list", "watch"];

const ROUTES = [
  "gatewayclasses",
  "gateways",
  "httproutes",
  "grpcroutes",
  "tlsroutes",
  "referencegrants",
  "backendtlspolicies",
];

/** The rights that Traefik's guide asks for. */
const RULES = [
  {
    apiGroups: [""],
    resources: ["namespaces", "services", "secrets", "configmaps"],
    verbs: READ,
  },
  {
    apiGroups: ["discovery.k8s.io"],
    resources: ["endpointslices"],
    verbs: READ,
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ROUTES,
    verbs: READ,
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ROUTES.map((name) => `${name}/status`),
    verbs: ["update"],
  },
];
