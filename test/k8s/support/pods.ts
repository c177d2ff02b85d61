import type { ApiServer } from "./api-server";
import { field, type Manifest } from "./manifests";

const TEMPLATES: Record<string, string> = {
  Deployment: "spec.template",
  CronJob: "spec.jobTemplate.spec.template",
};

/** The pods that the controllers of a cluster would make from these objects, one of each. */
export function podsOfTemplates(objects: Manifest[]): Manifest[] {
  return objects.flatMap((object) => {
    const at = TEMPLATES[object.kind];
    if (at === undefined) return [];
    const template = field(object, at) as Pick<Manifest, "metadata">;
    return [
      {
        ...template,
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          ...template.metadata,
          name: `test-${object.metadata.name}`,
          namespace: object.metadata.namespace,
        },
      },
    ];
  });
}

/** Acts as the quota controller: without it, no quota admits anything. */
export async function fillQuotaStatus(
  server: ApiServer,
  namespace = "keepsake",
): Promise<void> {
  const quota = JSON.parse(
    await server.must([
      "get",
      "quota",
      "keepsake",
      "-n",
      namespace,
      "-o",
      "json",
    ]),
  ) as { spec: { hard: Record<string, string> } };
  const used = Object.fromEntries(
    Object.keys(quota.spec.hard).map((name) => [name, "0"]),
  );
  await server.must([
    "patch",
    "quota",
    "keepsake",
    "-n",
    namespace,
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify({ status: { hard: quota.spec.hard, used } }),
  ]);
}
