import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Construct } from "constructs";
import { Chart, Testing } from "cdk8s";
import { drainTimes } from "../../k8s/constructs/drain";
import { addServing, type ServingProps } from "../../k8s/constructs/serving";
import {
  environmentNames,
  readEnvironment,
} from "../../k8s/schema/read-environment";
import { temporaryFolders } from "../support/temporary-folder";
import { field, find, type Manifest, newChart } from "./support/manifests";

const run = promisify(execFile);
const root = path.join(__dirname, "../..");

const synth = (...options: string[]) =>
  run(path.join(root, "node_modules/.bin/tsx"), ["k8s/main.ts", ...options], {
    cwd: root,
  });

describe("synth", () => {
  const newFolder = temporaryFolders();

  async function filesOf(...options: string[]): Promise<Map<string, string>> {
    const folder = await newFolder();
    await synth("--output", folder, ...options);
    const entries = await readdir(folder, {
      recursive: true,
      withFileTypes: true,
    });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((file) =>
        path.relative(folder, path.join(file.parentPath, file.name)),
      );
    const texts = await Promise.all(
      files.map((file) => readFile(path.join(folder, file), "utf8")),
    );
    return new Map(files.map((file, index) => [file, texts[index]!]));
  }

  test("synth writes one folder for each environment, identical to the byte each time", async () => {
    const [first, second] = [await filesOf(), await filesOf()];
    expect([...first.keys()].toSorted()).toEqual(
      environmentNames()
        .map((name) => `${name}/keepsake.k8s.yaml`)
        .toSorted(),
    );
    expect(second).toEqual(first);
  });

  test("synth empties the folder of its environment, and leaves the others", async () => {
    const folder = await newFolder();
    const old = ["kind.k8s.yaml", "kind/old.yaml", "eks/kept.yaml"];
    await mkdir(path.join(folder, "kind"));
    await mkdir(path.join(folder, "eks"));
    for (const file of old) await writeFile(path.join(folder, file), "");
    await synth("--output", folder, "kind");
    const names = await readdir(folder, { recursive: true });
    expect(names.toSorted()).toEqual([
      "eks",
      "eks/kept.yaml",
      "kind",
      "kind/keepsake.k8s.yaml",
    ]);
  });

  test("synth names the fields that have example values, and succeeds", async () => {
    const image = `registry.mycompany.com/keepsake@sha256:${"b".repeat(64)}`;
    const folder = await newFolder();
    const { stderr } = await synth(
      "--output",
      folder,
      "eks",
      "kind",
      "--image",
      image,
    );
    expect(stderr).toBe(
      "The environment eks has example values, so its manifests can be read but not applied. " +
        "Set storage.sessions, storage.records, ingress.host, ingress.certificateArn, ingress.subnets in k8s/environments/eks.ts.\n",
    );
  });

  test.each([
    [
      "a syntax error, by its line and without a stack",
      "\nexport default { name: ;",
      `k8s/environments/bad.ts can't be read. bad.ts:2:23: ERROR: Unexpected ";"\n`,
    ],
    [
      "a missing export",
      "export const bad = { name: 'bad' };",
      `k8s/environments/bad.ts exports no environment. End it with "export default" and the environment.\n`,
    ],
  ])("reports %s of an environment", async (_, text, said) => {
    const folder = await newFolder();
    await writeFile(path.join(folder, "bad.ts"), text);
    const read = `require("./k8s/schema/read-environment").readEnvironment("bad", {}, ${JSON.stringify(folder)}).catch((error) => console.log(error.message))`;
    const { stdout } = await run(
      path.join(root, "node_modules/.bin/tsx"),
      ["--eval", read],
      { cwd: root },
    );
    expect(stdout).toBe(said);
  });

  test("synth prints a sentence for an unknown option", async () => {
    await expect(synth("--outptu", "x")).rejects.toMatchObject({
      stderr:
        "Unknown option '--outptu'.\nUsage: scripts/synth [ENVIRONMENT…] [--image NAME@DIGEST]\n",
    });
  });

  test("synth puts the image that was just pushed into every workload", async () => {
    const image = `registry.example.com/keepsake@sha256:${"b".repeat(64)}`;
    const files = await filesOf("eks", "--image", image);
    const images =
      files.get("eks/keepsake.k8s.yaml")?.match(/^ +image: .*/gm) ?? [];
    expect(new Set(images.map((line) => line.trim()))).toEqual(
      new Set([`image: ${image}`]),
    );
    expect(images).toHaveLength(4);
  });

  test("synth writes nothing and prints the error when an environment is invalid", async () => {
    const folder = await newFolder();
    await expect(
      synth("--output", folder, "eks", "--image", "keepsake:latest"),
    ).rejects.toMatchObject({
      stderr: expect.stringContaining(
        'The environment eks has 2 faults:\n  image "keepsake:latest" must not have the tag "latest"',
      ) as string,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

const objectsAt = async (...where: string[]) => {
  const { web, drainSeconds } = await readEnvironment("kind");
  const chart = newChart();
  const scope = where.reduce<Construct>(
    (parent, id) => new Construct(parent, id),
    chart,
  );
  addServing(scope, props(web, drainTimes(drainSeconds)));
  return Testing.synth(Chart.of(scope)) as Manifest[];
};

describe("types of custom resources", () => {
  const newFolder = temporaryFolders();

  test("the generated types match the stored definitions", async () => {
    const folder = await newFolder();
    await run(
      path.join(root, "node_modules/.bin/cdk8s"),
      ["import", "--check-upgrade=false", "--output", folder],
      { cwd: root },
    );
    const kept = path.join(root, "k8s/imports");
    const files = await readdir(kept);
    expect(await readdir(folder)).toEqual(files);
    for (const file of files) {
      const made = await readFile(path.join(folder, file), "utf8");
      // `toEqual` would print the difference of two very large files.
      expect([
        file,
        made === (await readFile(path.join(kept, file), "utf8")),
      ]).toEqual([file, true]);
    }
  });
});

describe("the Keepsake construct in another scope", () => {
  test("moving the construct changes no name and no selector", async () => {
    const here = await objectsAt();
    const there = await objectsAt("some", "where", "else");
    expect(there).toEqual(here);
    expect(
      field(find(there, "Deployment", "web"), "spec.selector.matchLabels"),
    ).toEqual({
      "app.kubernetes.io/name": "keepsake",
      "app.kubernetes.io/component": "web",
    });
  });
});

const NO_PODS: ServingProps["pods"] = {
  labels: {},
  annotations: {},
  nodeSelector: {},
  tolerations: [],
  imagePullSecrets: [],
};

const props = (
  workload: ServingProps["workload"],
  drain: ServingProps["drain"],
): ServingProps => ({
  namespace: "keepsake",
  component: "web",
  image: "keepsake:dev",
  port: 8080,
  metricsPort: 9090,
  workload,
  pods: NO_PODS,
  drain,
  tls: {},
  settings: {},
  secret: { name: "keepsake", keys: [] },
  volume: { claim: "sessions", mountPath: "/data" },
  streamsMetric: "keepsake_streams_open",
  scrapedByAnnotation: false,
});
