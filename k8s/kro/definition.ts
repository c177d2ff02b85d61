import { App, Chart } from "cdk8s";
import { emit } from "../constructs/emit";
import { labels } from "../constructs/labels";
import { canonicalSettings } from "../constructs/settings";
import {
  ResourceGraphDefinition,
  ResourceGraphDefinitionSpecSchemaScope,
} from "../imports/resource-graph-definition-kro.run";
import { readEnvironment } from "../schema/read-environment";
import { createApp } from "../keepsake";
import type { Environment, Workload } from "../schema/environment";
import { drainExpressions, quotaExpressions } from "./derived";
import { type FieldPath, simpleSchema, spec } from "./fields";
import { Placeholders } from "./placeholders";
import { addFieldsPolicy } from "./policy";

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
}

/**
 * A definition for kro, made by the same charts: with it a cluster offers `kind: Keepsake`, whose
 * few fields become an environment's.
 *
 * @param base The environment that gives everything that no field decides.
 * @returns YAML: the definition, and the policy that refuses a wrong field with a sentence.
 */
export function kroDefinition(base: Environment): string {
  const app = new App();
  const chart = new Chart(app, "kro");
  addFieldsPolicy(chart);
  emit(chart, "definition", ResourceGraphDefinition, {
    metadata: { name: "keepsake", labels: labels("keepsake", "policy") },
    spec: {
      schema: {
        apiVersion: "v1alpha1",
        kind: "Keepsake",
        scope: ResourceGraphDefinitionSpecSchemaScope.NAMESPACED,
        spec: simpleSchema(),
        status: STATUS,
        additionalPrinterColumns: COLUMNS,
      },
      resources: resources(base),
    },
  });
  return app.synthYaml();
}

/**
 * The environment that gives what no field decides: `eks`, watched by annotations, so that a
 * cluster needs no other operators than kro and the AWS Load Balancer Controller.
 */
export async function kroBase(): Promise<Environment> {
  const eks = await readEnvironment("eks");
  return {
    ...eks,
    observability: { prometheusOperator: false, dashboard: false },
  };
}

/** Where people come, what runs, and where the data is. */
const STATUS = {
  address: "${ingressWeb.status.loadBalancer.ingress[0].hostname}",
  readyPods: {
    web: "${deploymentWeb.status.readyReplicas}",
    backend: "${deploymentBackend.status.readyReplicas}",
  },
  fileSystem: "${persistentVolumeRecords.spec.csi.volumeHandle}",
};

const COLUMNS = [
  { name: "Address", type: "string", jsonPath: ".status.address" },
  { name: "Web", type: "integer", jsonPath: ".status.readyPods.web" },
  { name: "Backend", type: "integer", jsonPath: ".status.readyPods.backend" },
];

function resources(base: Environment) {
  const placeholders = new Placeholders();
  const objects = manifestsOf(base, placeholders);
  for (const object of objects) nameByContent(object, placeholders);
  return objects.map((object) => ({
    id: idOf(object),
    template: placeholders.template(object),
  }));
}

/** The objects of the plain manifests, with what stands for the fields in them. */
function manifestsOf(
  base: Environment,
  placeholders: Placeholders,
): Manifest[] {
  const environment = withFields(base, placeholders);
  const app = createApp(environment, {
    drain: drainExpressions(placeholders),
    quota: quotaExpressions(base, placeholders),
  });
  return (
    app.charts
      .flatMap((chart) => chart.toJson() as Manifest[])
      // The namespace is where the Keepsake itself is: made, and deleted, by whoever makes namespaces.
      .filter(({ kind }) => kind !== "Namespace")
  );
}

function withFields(
  base: Environment,
  placeholders: Placeholders,
): Environment {
  const text = (path: FieldPath) => placeholders.string(spec(path));
  const { ingress } = base;
  if (ingress.kind === "traefik") {
    throw new Error("The definition for kro needs an environment on EKS.");
  }
  return {
    ...base,
    namespace: placeholders.string("schema.metadata.namespace", "namespace"),
    image: text("image"),
    logLevel: text("logLevel") as Environment["logLevel"],
    web: workload(base.web, "web", placeholders),
    backend: workload(base.backend, "backend", placeholders),
    models: {
      ...base.models,
      region: text("models.region"),
      models: [placeholders.string(`${spec("models.names")}.join(",")`)],
    },
    storage: {
      kind: "efs",
      size: base.storage.size,
      mountOptions: [],
      sessions: text("storage.sessions"),
      records: text("storage.records"),
    },
    ingress: {
      ...ingress,
      host: text("host"),
      certificateArn: text("certificateArn"),
      subnetCidrs: [text("loadBalancerCidr")],
    },
  };
}

function workload(
  base: Workload,
  name: "web" | "backend",
  placeholders: Placeholders,
): Workload {
  const min = spec(`${name}.min`);
  return {
    ...base,
    minAvailable: placeholders.integer(`${min} - 1`),
    replicas: {
      min: placeholders.integer(min),
      max: placeholders.integer(spec(`${name}.max`)),
    },
  };
}

/** A ConfigMap's name ends in a hash of its content, which kro must compute as `addSettings` does. */
function nameByContent(object: Manifest, placeholders: Placeholders): void {
  const [, component] =
    /^(web|backend)-[0-9a-f]{10}$/.exec(object.metadata.name) ?? [];
  if (object.kind !== "ConfigMap" || component === undefined) return;
  const content = placeholders.concatenation(
    canonicalSettings(object.data ?? {}),
  );
  placeholders.replace(
    object.metadata.name,
    `"${component}-" + "%x".format([hash.sha256(${content})]).substring(0, 10)`,
  );
}

/** Deployment web → deploymentWeb; a name that is computed gives its fixed part. */
function idOf({ kind, metadata }: Manifest): string {
  const name = metadata.name
    .replace(/^namespace-\d+x-?/, "")
    .replace(/-[0-9a-f]{10}$/, "");
  const words = name.split("-").filter((word) => word !== "");
  return [
    kind[0]!.toLowerCase() + kind.slice(1),
    ...words.map(capitalized),
  ].join("");
}

const capitalized = (word: string) => word[0]!.toUpperCase() + word.slice(1);
