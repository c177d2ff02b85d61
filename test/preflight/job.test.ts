import { App } from "cdk8s";
import { type PodSpec, PreflightChart } from "../../k8s/charts/preflight";
import {
  field,
  find,
  type Manifest,
  objectsOf,
} from "../k8s/support/manifests";

/** The objects of a run, together with kind's Deployments. */
async function objectsOfRun(): Promise<Manifest[]> {
  const running = await objectsOf("kind");
  const podSpec = (name: string) =>
    field(find(running, "Deployment", name), "spec.template.spec") as PodSpec;
  const chart = new PreflightChart(new App(), "preflight", {
    namespace: "keepsake",
    run: "run-1",
    options: ["--json"],
    web: podSpec("web"),
    backend: podSpec("backend"),
  });
  return chart.toJson() as Manifest[];
}

it("the Job mounts both volumes and reads the settings of web", async () => {
  const job = find(await objectsOfRun(), "Job", "preflight-run-1");
  const pod = field(job, "spec.template.spec");
  expect(field(pod, "volumes")).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "data" }),
      expect.objectContaining({ name: "records" }),
    ]),
  );
  const container = field(pod, "containers.0");
  expect(field(container, "envFrom")).toBeDefined();
  const env = field(container, "env") as { name: string }[];
  const names = env.map(({ name }) => name);
  expect(names).toContain("DATA_DIRECTORY");
  expect(names.filter((name) => name === "PREFLIGHT_RUN")).toHaveLength(1);
  expect(field(container, "command")).toEqual([
    "node",
    "build/app/preflight/main.js",
    "--json",
  ]);
});

it("the Job reads no Secret of the cluster", async () => {
  const roles = (await objectsOfRun()).filter(({ kind }) =>
    ["Role", "ClusterRole"].includes(kind),
  );
  expect(roles).toHaveLength(2);
  expect(JSON.stringify(roles)).not.toContain("secrets");
});
