import { readdirSync } from "node:fs";
import path from "node:path";
import { App, Chart } from "cdk8s";
import { parseAllDocuments } from "yaml";
import { readEnvironment } from "../../../k8s/schema/read-environment";
import { manifests } from "../../../k8s/keepsake";

/** A Kubernetes object as JSON; tests read it by path. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** `eks` with options that no shipped environment uses, so that their objects are tested, too. */
export const EKS_IN_FULL = "eks, with Prometheus' operator and OIDC";

/** OIDC at a load balancer, without its ARN. */
export const BY_OIDC = {
  kind: "oidc" as const,
  issuer: "https://id.example.com",
  authorizationEndpoint: "https://id.example.com/authorize",
  tokenEndpoint: "https://id.example.com/token",
  userInfoEndpoint: "https://id.example.com/userinfo",
  clientId: "keepsake",
  secretName: "oidc",
  scopes: ["openid"],
  controllerAccount: "kube-system/aws-load-balancer-controller",
};

/** The file of an environment, or of `EKS_IN_FULL`. */
export async function textOf(name: string): Promise<string> {
  if (name !== EKS_IN_FULL) return manifests(await readEnvironment(name));
  const { ingress, observability, ...eks } = await readEnvironment("eks");
  if (ingress.kind !== "alb") throw new Error("eks has no ALB any more");
  return manifests({
    ...eks,
    observability: { ...observability, prometheusOperator: true },
    ingress: {
      ...ingress,
      authenticate: {
        ...BY_OIDC,
        loadBalancer:
          "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*",
      },
    },
  });
}

/** All objects of an environment, as they are in its file. */
export async function objectsOf(name: string): Promise<Manifest[]> {
  return parseManifests(await textOf(name));
}

/** The objects in a YAML text of several documents. */
export function parseManifests(text: string): Manifest[] {
  // As Kubernetes reads it: YAML 1.1, where 0444 is octal.
  return parseAllDocuments(text, { version: "1.1" }).map(
    (document) => document.toJS() as Manifest,
  );
}

/** The one object of this kind and name. */
export function find(
  objects: Manifest[],
  kind: string,
  name: string,
): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && object.metadata.name === name,
  );
  if (found.length !== 1) {
    throw new Error(`There are ${found.length} objects ${kind} ${name}`);
  }
  return found[0]!;
}

/** The value at a path such as `spec.template.spec.containers.0.image`. */
export function field(object: unknown, at: string): unknown {
  return at
    .split(".")
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      object,
    );
}

const CRDS = path.join(__dirname, "../../../k8s/crds");

/** The files of all custom resource definitions that the environments use. */
export const crdFiles = (): string[] =>
  readdirSync(CRDS)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => path.join(CRDS, file));

/** A chart for tests, without output; cdk8s' own test app leaves a folder behind. */
export const newChart = (): Chart => new Chart(new App(), "test");
