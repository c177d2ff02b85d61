import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import type { ApiServer } from "./api-server";
import { crdFiles } from "./manifests";

interface Definition {
  metadata: { name: string; annotations?: unknown };
  spec: {
    group: string;
    versions: {
      name: string;
      schema: {
        openAPIV3Schema: {
          properties: { spec: { properties: Record<string, unknown> } };
        };
      };
    }[];
  };
}

/** Installs every definition that an environment's objects need. */
export async function installDefinitions(server: ApiServer): Promise<void> {
  for (const file of crdFiles()) {
    await server.must(["apply", "--server-side", "-f", file]);
  }
  await server.must(
    ["apply", "--server-side", "-f", "-"],
    await autoModeClassParams(),
  );
  await server.must([
    "wait",
    "--for=condition=Established",
    "crd",
    "--all",
    "--timeout=60s",
  ]);
}

/**
 * EKS Auto Mode's IngressClassParams, which Amazon publishes no file for. The EKS user guide lists
 * the differences to the AWS Load Balancer Controller's.
 */
async function autoModeClassParams(): Promise<string> {
  const file = crdFiles().find((name) => name.includes("ingressclassparams"))!;
  const definition = parse(await readFile(file, "utf8")) as Definition;
  definition.metadata = { name: "ingressclassparams.eks.amazonaws.com" };
  definition.spec.group = "eks.amazonaws.com";
  for (const version of definition.spec.versions) {
    version.name = "v1";
    const { properties } = version.schema.openAPIV3Schema.properties.spec;
    properties["certificateARNs"] = properties["certificateArn"];
    delete properties["certificateArn"];
    delete properties["listeners"];
  }
  return stringify(definition);
}
