import { text } from "node:stream/consumers";
import { App } from "cdk8s";
import { type PodSpec, PreflightChart } from "../../k8s/charts/preflight";

/*
 * Reads Keepsake's Deployments (`kubectl get deployments -o json`) on standard input and prints the
 * objects that preflight needs to run beside them.
 *
 *   preflight-job.js RUN [OPTIONS OF PREFLIGHT…]
 */

interface Deployment {
  metadata: { name: string; namespace: string };
  spec: { template: { spec: PodSpec } };
}

async function main([run = "", ...options]: string[]): Promise<void> {
  const { items } = JSON.parse(await text(process.stdin)) as {
    items: Deployment[];
  };
  const web = find(items, "web");
  const backend = find(items, "backend");
  const chart = new PreflightChart(new App(), "preflight", {
    namespace: web.metadata.namespace,
    run,
    options,
    web: web.spec.template.spec,
    backend: backend.spec.template.spec,
  });
  const list = { apiVersion: "v1", kind: "List", items: chart.toJson() };
  console.log(JSON.stringify(list, null, 1));
}

function find(deployments: Deployment[], name: string): Deployment {
  const found = deployments.find(({ metadata }) => metadata.name === name);
  if (found) return found;
  throw new Error(
    `There is no Deployment ${name}. Apply the manifests first, or set their namespace with --namespace.`,
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
