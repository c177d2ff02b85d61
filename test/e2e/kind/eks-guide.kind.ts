import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import {
  type ApiServer,
  assets,
  describeWithApiServer,
  startApiServer,
} from "../../k8s/support/api-server";
import { installDefinitions } from "../../k8s/support/crds";
import {
  type LoadBalancerController,
  startLoadBalancerController,
} from "../../k8s/support/load-balancer-controller";
import { withRollouts } from "../../k8s/support/rollouts";
import { temporaryFolders } from "../../support/temporary-folder";
import {
  awsEnvironment,
  awsOf,
  type Started,
  startMoto,
  withAws,
} from "./support/aws";
import { type BackupService, startBackupService } from "./support/aws-backup";

const run = promisify(execFile);
const root = path.join(__dirname, "../../..");
/** Some 150 calls of the AWS CLI, each of which takes seconds on a busy machine. */
const GUIDES_MS = 1_200_000;
const DIGEST = `sha256:${"a".repeat(64)}`;

/** Reports a pushed image without building it. */
const DOCKER = `#!/bin/sh
case "$1" in
  --version) echo "Docker version 29.0.0" ;;
  login) cat >/dev/null ;;
esac
while [ $# -gt 0 ]; do
  [ "$1" != --metadata-file ] || echo '{"containerimage.digest": "${DIGEST}"}' >"$2"
  shift
done
`;

withAws("docs/eks.md and docs/backup.md", () => {
  describeWithApiServer("with a real API server", () => {
    const newFolder = temporaryFolders();
    let server: ApiServer;
    let controller: LoadBalancerController;
    let moto: Started;
    let backup: BackupService;
    let env: Record<string, string>;
    let folder: string;
    let clone: string;

    beforeAll(async () => {
      folder = await newFolder();
      clone = path.join(folder, "clone");
      moto = await startMoto();
      backup = await startBackupService();
      server = await startApiServer();
      controller = await startLoadBalancerController(server);
      await installDefinitions(server);
      await server.must(["create", "-f", "-"], JSON.stringify(NODE));
      await makeClone(clone);
      env = {
        ...(process.env as Record<string, string>),
        ...awsEnvironment(moto.port),
        BACKUP_SERVICE: `http://127.0.0.1:${backup.port}`,
        OTHER_REGION: "eu-west-1",
        KUBECONFIG: server.kubeconfig,
        OTHERS: path.join(folder, "others"),
        INSTALLATION: path.join(folder, "controller.json"),
        READERS_ZONE: "mycompany.com",
        PATH: `${path.join(folder, "bin")}:${assets}:${process.env["PATH"]}`,
      };
      await mkdir(path.join(folder, "bin"));
      await writeFile(path.join(folder, "bin/docker"), DOCKER);
      await chmod(path.join(folder, "bin/docker"), 0o755);
      await writeFile(
        env["INSTALLATION"]!,
        JSON.stringify({
          apiVersion: "v1",
          kind: "List",
          items: controller.installation,
        }),
      );
    });
    afterAll(async () => {
      await server.stop();
      controller.stop();
      moto.stop();
      backup.stop();
    });

    it(
      "the guides create a deployment in an empty account, restore it and remove it, command by command",
      async () => {
        const script = path.join(folder, "guide.sh");
        await writeFile(script, await commands());
        const output = await withRollouts(
          server,
          run("bash", [script], { cwd: clone, env, maxBuffer: 2 ** 26 }),
        );

        expect(output.stderr).toContain(
          "Dry run: nothing was built, pushed or applied",
        );
        expect(output.stderr).toContain("The new version runs.");
        const others = await readFile(env["OTHERS"]!, "utf8");
        expect(others).toMatch(
          /^eksctl create cluster -f \/\S+\/cluster\.yaml$/m,
        );
        expect(others).toContain("ingress.networking.k8s.io/web\n");
        expect(others).toContain(
          "eksctl delete cluster --name keepsake --wait",
        );
        expect(others).toContain(
          "scripts/check-data --repair /mnt/aws-backup-restore_2026-11-29T05-00-00\n",
        );
        expect(backup.sent).toContainEqual({
          request: "PUT /restore-jobs",
          body: expect.objectContaining({
            RecoveryPointArn: expect.stringMatching(/:newest$/),
            Metadata: expect.objectContaining({ newFileSystem: "false" }),
          }),
        });
        const replicated = backup.sent.find(({ request }) =>
          /^POST .*replication-configuration$/.test(request),
        );
        expect(replicated?.body).toEqual({
          Destinations: [{ Region: "eu-west-1" }],
        });
        // Each guide deploys once.
        expect(output.stderr.match(/The new version runs\./g)).toHaveLength(2);
        const { stdout } = await run("git", ["status", "--porcelain"], {
          cwd: clone,
        });
        expect(stdout).toBe("");
        await expectEmptyAccount(awsOf(env));
      },
      GUIDES_MS,
    );
  });
});

const NODE = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-1" },
  status: { nodeInfo: { architecture: "arm64" } },
};

/** A clone of this tree, with its uncommitted changes. */
async function makeClone(clone: string): Promise<void> {
  await mkdir(clone);
  await run("bash", [
    "-c",
    `set -euo pipefail
     cd "$0"
     git ls-files --cached --others --exclude-standard -z | tar --null --files-from - --create | tar --extract --directory "$1"
     cd "$1"
     git init --quiet
     git config user.name Reader
     git config user.email reader@mycompany.com
     echo node_modules >.git/info/exclude
     git add --all
     git commit --quiet --message Clone`,
    root,
    clone,
  ]);
  await symlink(
    path.join(root, "node_modules"),
    path.join(clone, "node_modules"),
  );
}

/** The commands of a guide, with the reader's own domain. */
async function blocksOf(guide: string): Promise<string[]> {
  const source = await readFile(path.join(root, "docs", guide), "utf8");
  return [...source.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(
    ([, indent, block]) =>
      block!
        .replaceAll(new RegExp(`^${indent}`, "gm"), "")
        .replaceAll("example.com", "mycompany.com"),
  );
}

const deployment = (blocks: string[]) =>
  blocks.findIndex((block) => block.includes("scripts/deploy"));

/** The commands of both guides, with the edits that their texts ask for: a restore follows the deployment. */
async function commands(): Promise<string> {
  const blocks = await blocksOf("eks.md");
  expect(blocks.length).toBeGreaterThan(8);
  const restore = await blocksOf("backup.md");
  expect(restore.length).toBeGreaterThan(7);
  restore.splice(deployment(restore), 0, "edit_restored");
  restore.splice(deployment(restore) + 1, 0, "expect_restored");
  const deploys = deployment(blocks);
  blocks.splice(deploys + 1, 0, "(", ...restore, ")");
  blocks.splice(deploys, 0, "edit_environment");
  const before = path.join(__dirname, "support/eks-guide.sh");
  return [await readFile(before, "utf8"), ...blocks].join("\n");
}

async function expectEmptyAccount(aws: ReturnType<typeof awsOf>) {
  expect(await aws("efs", "describe-file-systems")).toEqual(
    expect.objectContaining({ FileSystems: [] }),
  );
  expect(await aws("acm", "list-certificates")).toEqual(
    expect.objectContaining({ CertificateSummaryList: [] }),
  );
  expect(await aws("ecr", "describe-repositories")).toEqual(
    expect.objectContaining({ repositories: [] }),
  );
  const policies = await aws("iam", "list-policies", "--scope", "Local");
  expect(policies.Policies).toEqual([]);
}
