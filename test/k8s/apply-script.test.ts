import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { readEnvironment } from "../../k8s/schema/read-environment";
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
const script = path.join(__dirname, "../../scripts/apply");

describeWithApiServer("scripts/apply on a real API server", () => {
  const newFolder = temporaryFolders();
  let server: ApiServer;
  let folder: string;

  /** Runs the script in a project of its own, with these manifests. */
  async function apply(text: string, ...options: string[]): Promise<string> {
    await writeFile(path.join(folder, "dist/kind.k8s.yaml"), text);
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
    await mkdir(path.join(folder, "dist"));
    await mkdir(path.join(folder, "scripts"));
    await symlink(script, path.join(folder, "scripts/apply"));
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
      path.join(folder, "dist/kind.k8s.yaml"),
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
      path.join(folder, "dist/kind.k8s.yaml"),
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

  test("prints the remedy when no manifests exist", async () => {
    await expect(run(script, ["nowhere"])).rejects.toMatchObject({
      stderr:
        "dist/nowhere.k8s.yaml is missing. Run scripts/synth nowhere first.\n",
    });
  });
});
