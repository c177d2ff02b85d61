import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { readEnvironment } from "../../k8s/schema/read-environment";
import { rejectingAnnotation } from "../../k8s/examples";
import { manifests } from "../../k8s/keepsake";
import { temporaryFolders } from "../support/temporary-folder";
import {
  type ApiServer,
  assets,
  describeWithApiServer,
  MAKE_SECRET,
  startApiServer,
} from "./support/api-server";

const run = promisify(execFile);
const scripts = path.join(__dirname, "../../scripts");
const EXAMPLES = rejectingAnnotation("kind", ["image", "ingress.host"]);

describeWithApiServer("scripts/apply on a real API server", () => {
  const newFolder = temporaryFolders();
  let server: ApiServer;
  let folder: string;

  /** Runs the script in a project of its own, with these manifests. */
  async function apply(text: string, ...options: string[]): Promise<string> {
    await writeFile(path.join(folder, "dist/kind/keepsake.k8s.yaml"), text);
    const { stdout } = await run(
      path.join(folder, "scripts/apply"),
      ["kind", ...options],
      {
        env: {
          ...process.env,
          KUBECONFIG: server.kubeconfig,
          PATH: `${assets}:${process.env["PATH"]}`,
        },
      },
    );
    return stdout;
  }

  const settingsMaps = async () =>
    (await server.must(["get", "configmap", "-n", "keepsake", "-o", "name"]))
      .split("\n")
      .filter((name) => /(web|backend)-/.test(name));

  beforeAll(async () => {
    server = await startApiServer();
    folder = await newFolder();
    await mkdir(path.join(folder, "dist/kind"), { recursive: true });
    await mkdir(path.join(folder, "scripts"));
    for (const name of ["apply", "support"]) {
      await symlink(
        path.join(scripts, name),
        path.join(folder, "scripts", name),
      );
    }
  });
  afterAll(() => server.stop());

  test("removes objects that a change left out, after the rollout", async () => {
    const environment = await readEnvironment("kind");
    await apply(manifests(environment), "--no-wait");
    await apply(manifests(environment), "--prune-only");
    const before = await settingsMaps();

    const changed = manifests({ ...environment, logLevel: "debug" });
    await apply(changed, "--no-wait");
    expect(await settingsMaps()).toEqual(expect.arrayContaining(before));
    expect(await settingsMaps()).toHaveLength(4);

    const pruned = await apply(changed, "--prune-only");
    expect(pruned.match(/ pruned$/gm)).toHaveLength(2);
    expect(await settingsMaps()).toHaveLength(2);
    expect(await settingsMaps()).not.toEqual(before);
  });

  test("keeps objects that it did not apply", async () => {
    await server.must(MAKE_SECRET);
    await server.must(["create", "configmap", "notes", "-n", "keepsake"]);
    const text = await readFile(
      path.join(folder, "dist/kind/keepsake.k8s.yaml"),
      "utf8",
    );
    const output = await apply(text, "--prune-only");
    expect(output).not.toContain("pruned");
    await server.must([
      "get",
      "secret/keepsake",
      "configmap/notes",
      "-n",
      "keepsake",
    ]);
  });

  test("makes a volume claimable again after its claim was deleted", async () => {
    // The volume controller writes this field when a claim is bound and when it is deleted.
    await patchVolume({
      spec: { claimRef: { uid: "00000000-0000-0000-0000-000000000001" } },
    });
    await patchVolume(
      { status: { phase: "Released" } },
      "--subresource=status",
    );
    const text = await readFile(
      path.join(folder, "dist/kind/keepsake.k8s.yaml"),
      "utf8",
    );
    await apply(text, "--no-wait");
    const volume = await server.must([
      "get",
      "pv",
      "keepsake-records",
      "-o",
      "json",
    ]);
    const { spec } = JSON.parse(volume) as {
      spec: { claimRef: { uid?: string; name: string } };
    };
    expect(spec.claimRef.uid).toBeUndefined();
    expect(spec.claimRef.name).toBe("records");
  });

  const patchVolume = (change: object, ...options: string[]) =>
    server.must([
      "patch",
      "pv",
      "keepsake-records",
      "--type=merge",
      "-p",
      JSON.stringify(change),
      ...options,
    ]);

  test("applies nothing of a folder with other folders", async () => {
    const outcome = await server.kubectl([
      "apply",
      "-f",
      path.join(folder, "dist"),
    ]);
    expect(outcome).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("recognized file extensions"),
    });
  });

  test("refuses example values before anything is applied", async () => {
    const text = manifests(await readEnvironment("kind"), EXAMPLES);
    await expect(apply(text, "--no-wait")).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        "The environment kind still has example values, which exist in no account. " +
        "Set image, ingress.host in k8s/environments/kind.ts, and run scripts/synth kind. Nothing was changed.\n",
    });
  });

  test.each([[["nowhere"]], [["--no-wait"]], [[]]])(
    "prints the remedy when no manifests exist: %j",
    async (args) => {
      const { stderr } = (await run(path.join(scripts, "apply"), args).catch(
        (error: unknown) => error,
      )) as { stderr: string };
      expect(stderr).toBe(
        args[0] === "nowhere"
          ? "dist/nowhere/keepsake.k8s.yaml is missing. Run scripts/synth nowhere first.\n"
          : "Name an environment first: scripts/apply kind. They are the files of k8s/environments.\n",
      );
    },
  );
});

describeWithApiServer("kubectl apply of example values", () => {
  const newFolder = temporaryFolders();
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server.stop());

  test.each([[[]], [["--server-side"]], [["--validate=false"]]])(
    "the API server rejects every object, and prints the fields to set, with %j",
    async (options) => {
      const folder = await newFolder();
      const environment = await readEnvironment("kind");
      const file = path.join(folder, "keepsake.k8s.yaml");
      const { namespace } = environment;
      // As docs/eks.md does, for the Secret: the policies of the manifests can't protect it yet.
      await server.kubectl(["create", "namespace", namespace]);
      await writeFile(file, manifests(environment, EXAMPLES));
      const outcome = await server.kubectl(["apply", ...options, "-f", folder]);
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr).toContain(
        '"example values: set image, ingress.host in k8s/environments/kind.ts"',
      );
      const made = await server.must([
        "get",
        "-f",
        file,
        "--ignore-not-found",
        "-o",
        "name",
      ]);
      expect(made).toBe("namespace/keepsake\n");
    },
  );
});
