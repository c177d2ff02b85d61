import { execFile } from "node:child_process";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolders } from "../support/temporary-folder";
import { rejectingAnnotation } from "../../k8s/examples";
import { manifests } from "../../k8s/keepsake";
import { readEnvironment } from "../../k8s/schema/read-environment";
import {
  type ApiServer,
  assets,
  describeWithApiServer,
  type Outcome,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import {
  type LoadBalancerController,
  startLoadBalancerController,
} from "./support/load-balancer-controller";
import { EKS_IN_FULL, objectsOf, textOf } from "./support/manifests";
import { textOfAny } from "./support/needs";
import { fillQuotaStatus, podsOfTemplates } from "./support/pods";
import { withRollouts } from "./support/rollouts";

const scripts = path.join(__dirname, "../../scripts");
const IN = ["-n", "keepsake"];
const STATUS = ["--subresource=status", "--type=merge", "-p"];

const BINDING = {
  apiVersion: "elbv2.k8s.aws/v1beta1",
  kind: "TargetGroupBinding",
  metadata: { name: "k8s-web", namespace: "keepsake" },
  spec: { targetGroupARN: "arn:aws:elasticloadbalancing:x" },
};

/** The manifests of eks with `tls`. */
async function withTls(authority?: { configMapName: string }): Promise<string> {
  const eks = await readEnvironment("eks");
  const tls = {
    web: { secretName: "web-tls" },
    backend: { secretName: "backend-tls", authority },
  };
  return manifests({ ...eks, tls });
}

describeWithApiServer("scripts/deploy on a real API server", () => {
  const newFolder = temporaryFolders();
  let server: ApiServer;
  let folder: string;
  let controller: LoadBalancerController;

  beforeAll(async () => {
    server = await startApiServer();
    controller = await startLoadBalancerController(server);
    folder = await newFolder();
    await mkdir(path.join(folder, "scripts/support"), { recursive: true });
    await mkdir(path.join(folder, "dist/eks"), { recursive: true });
    const given = [
      ["deploy", "deploy"],
      ["apply", "real-apply"],
      ["support/say.sh", "support/say.sh"],
      ["support/manifests.sh", "support/manifests.sh"],
    ] as const;
    for (const [from, to] of given) {
      await symlink(path.join(scripts, from), path.join(folder, "scripts", to));
    }
    await writeFile(path.join(folder, "scripts/support/setup.sh"), "");
    await program("synth", "cp manifests.yaml dist/eks/keepsake.k8s.yaml");
    // Runs the real script, and can fail after it has applied something.
    await program("apply", 'scripts/real-apply "$@" && [ -z "$FAILS" ]');
  });
  afterAll(async () => {
    await server.stop();
    controller.stop();
  });

  async function program(name: string, text: string): Promise<void> {
    const file = path.join(folder, "scripts", name);
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
  }

  /** Runs the script with these manifests, and an image that is already pushed. */
  async function deploy(
    text: string,
    { fails = "", options = [] as string[] } = {},
  ): Promise<Outcome> {
    await writeFile(path.join(folder, "manifests.yaml"), text);
    return new Promise((resolve) => {
      execFile(
        path.join(folder, "scripts/deploy"),
        ["eks", "--yes", "--image", "keepsake@sha256:0", ...options],
        {
          env: {
            ...process.env,
            KUBECONFIG: server.kubeconfig,
            PATH: `${assets}:${process.env["PATH"]}`,
            FAILS: fails,
          },
          maxBuffer: 2 ** 26,
        },
        (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  }

  const restartsOfWeb = () =>
    server.must([
      "get",
      "deployment",
      "web",
      ...IN,
      "-o",
      String.raw`jsonpath={.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}`,
    ]);

  test("names the kinds that the cluster lacks, and their provider, before it changes anything", async () => {
    const { code, stderr } = await deploy(await textOf(EKS_IN_FULL));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /PrometheusRule \(monitoring\.coreos\.com\) comes with the Prometheus operator.*docs\/eks\.md/s,
      ),
    });
    expect(stderr).toMatch(
      /IngressClassParams \(elbv2\.k8s\.aws\) comes with the AWS Load Balancer Controller/,
    );
    expect(stderr).not.toContain("Deployment");
    expect(
      await server.kubectl(["get", "namespace", "keepsake"]),
    ).toMatchObject({ code: 1 });
  });

  test("says where a missing Gateway API comes from", async () => {
    const { code, stderr } = await deploy(await textOfAny("gateway"));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /HTTPRoute \(gateway\.networking\.k8s\.io\) comes with the Gateway API/,
      ),
    });
  });

  test("refuses example values before it asks the cluster for anything", async () => {
    const { code, stdout, stderr } = await deploy(
      manifests(
        await readEnvironment("eks"),
        rejectingAnnotation("eks", ["ingress.host"]),
      ),
    );
    expect([code, stdout, stderr]).toEqual([
      1,
      "",
      "The environment eks still has example values, which exist in no account. " +
        "Set ingress.host in k8s/environments/eks.ts, and run scripts/synth eks. Nothing was changed.\n",
    ]);
  });

  test("says where a first deployment stopped when an object is refused", async () => {
    await installDefinitions(server);
    for (const object of controller.installation) {
      await server.must(
        ["apply", "--server-side", "-f", "-"],
        JSON.stringify(object),
      );
    }
    const broken = (await textOf("eks")).replace(
      /concurrencyPolicy: \w+/,
      "concurrencyPolicy: Sometimes",
    );
    const { code, stderr } = await deploy(broken);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "This was the first deployment of backend web, so no earlier version exists.",
      ),
    ]);
    expect(stderr).toContain("were applied only in part");
  });

  test("checks the manifests in a namespace that lacks only the class of its Ingress", async () => {
    // As after docs/eks.md has created the namespace for the Secret: the controller's webhook rejects the Ingress.
    await server.must(["delete", "ingress", "web", ...IN]);
    await server.must(["delete", "ingressclass", "keepsake"]);
    const direct = await server.kubectl(
      ["apply", "--server-side", "--dry-run=server", "-f", "-"],
      await textOf("eks"),
    );
    expect(direct.stderr).toContain('"keepsake" not found');

    const { code, stderr } = await deploy(await textOf("eks"), {
      options: ["--dry-run"],
    });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        "The Ingress and its class keepsake are new: the Ingress is checked when it is applied",
      ),
    ]);
    expect(stderr).toContain("nothing was built, pushed or applied");
  });

  const secret = (name: string, ...keys: string[]) =>
    server.must([
      "create",
      "secret",
      "generic",
      name,
      ...IN,
      ...keys.map((key) => `--from-literal=${key}=x`),
    ]);

  test("names all files of tls that the cluster lacks, before it changes anything", async () => {
    await secret("backend-tls", "tls.crt", "tls.key");
    const { code, stderr } = await deploy(await withTls());
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "keepsake lacks these files of tls:\n" +
          "  ca.crt in the secret backend-tls\n" +
          "  the secret web-tls, which does not exist or can't be read\n",
      ),
    ]);
    expect(stderr).toContain("Nothing was built or changed.");
    const bundle = await deploy(
      await withTls({ configMapName: "authorities" }),
    );
    expect(bundle.stderr).toContain(
      "of tls:\n  the configmap authorities, which does not exist",
    );
    expect(bundle.stderr).not.toContain("ca.crt");
    await server.must(["delete", "secret", "backend-tls", ...IN]);
  });

  test("rolls back when a later deployment fails half way", async () => {
    for (const name of ["web", "backend"]) {
      await server.must([
        "annotate",
        "deployment",
        name,
        ...IN,
        "deployment.kubernetes.io/revision=1",
      ]);
    }
    const { code, stderr } = await deploy(await textOf("eks"), {
      fails: "it fails",
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("Rolled back: the previous version serves"),
    ]);
    expect(stderr).not.toContain("The Ingress is not rolled back");
  });

  test("says after a rollback that the load balancer's new protocol stays", async () => {
    await secret("backend-tls", "tls.crt", "tls.key", "ca.crt");
    await secret("web-tls", "tls.crt", "tls.key");
    const { code, stderr } = await deploy(await withTls(), {
      fails: "it fails",
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "The Ingress is not rolled back: the load balancer uses HTTPS, and the previous pods serve HTTP.",
      ),
    ]);
    await deploy(await textOf("eks"), { fails: "it fails" });
  });

  /** Creates a running pod of web with the readiness gates of these TargetGroupBindings. */
  async function runPodOfWeb(name: string, ...bindings: string[]) {
    const [web] = podsOfTemplates(await objectsOf("eks")).filter(
      ({ metadata }) =>
        metadata.labels?.["app.kubernetes.io/component"] === "web",
    );
    const readinessGates = bindings.map((binding) => ({
      conditionType: `target-health.elbv2.k8s.aws/${binding}`,
    }));
    const pod = {
      ...web!,
      metadata: { ...web!.metadata, name },
      spec: { ...(web!["spec"] as object), readinessGates },
    };
    await server.must(["create", "-f", "-"], JSON.stringify(pod));
    await server.must([
      "patch",
      "pod",
      name,
      ...IN,
      ...STATUS,
      '{"status":{"phase":"Running"}}',
    ]);
  }
  const removePod = (name: string) =>
    server.must(["delete", "pod", name, ...IN, "--force", "--grace-period=0"]);

  test("restarts web's pods if they are older than the load balancer's target group", async () => {
    await fillQuotaStatus(server);
    await runPodOfWeb("web-1");

    const text = (await textOf("eks")).replaceAll(
      "secretName: keepsake",
      "secretName: chat-keys",
    );
    const deploying = withRollouts(server, deploy(text));
    // The script is waiting for it by now.
    await server.must(["create", "-f", "-"], JSON.stringify(BINDING));
    const { code, stderr } = await deploying;
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("restarting them with its readiness gate"),
    ]);
    expect(await restartsOfWeb()).not.toBe("");
    // The environment sets this name.
    expect(stderr).toContain(
      "Pods wait for the Secret chat-keys, which keepsake lacks",
    );
  });

  test("restarts web's pods if their gate is of a target group that is gone", async () => {
    await removePod("web-1");
    await runPodOfWeb("web-2", "k8s-old");
    const { code, stderr } = await withRollouts(
      server,
      deploy(await textOf("eks")),
    );
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("restarting them with its readiness gate"),
    ]);
    await removePod("web-2");
  });

  test("keeps pods that have the gate, and fails when old objects can't be removed", async () => {
    const before = await restartsOfWeb();
    await runPodOfWeb("web-3", "k8s-old", "k8s-web");
    await server.must([
      "label",
      "configmap",
      "keepsake-applyset",
      ...IN,
      "--overwrite",
      "applyset.kubernetes.io/id=another",
    ]);
    const { code, stderr } = await withRollouts(
      server,
      deploy(await textOf("eks")),
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "could not be removed: see above. Try again: scripts/apply eks --prune-only",
      ),
    ]);
    expect(stderr).not.toContain("target group");
    expect(await restartsOfWeb()).toBe(before);
  });
});
