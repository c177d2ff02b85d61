import { readEnvironment } from "../../k8s/schema/read-environment";
import { manifests } from "../../k8s/keepsake";
import {
  type ApiServer,
  describeWithApiServer,
  type Outcome,
  startApiServer,
} from "./support/api-server";
import { installDefinitions } from "./support/crds";
import { type Manifest, objectsOf } from "./support/manifests";
import { fillQuotaStatus, podsOfTemplates } from "./support/pods";

const DIGEST = `registry.example.com/tool@sha256:${"a".repeat(64)}`;

/** A pod that the restricted standard admits, labelled as part of a component. */
function pod(
  component: string,
  changes: object = {},
  image = DIGEST,
): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "stranger",
      namespace: "keepsake",
      labels: { "app.kubernetes.io/component": component },
    },
    spec: {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      },
      automountServiceAccountToken: false,
      serviceAccountName: "sweep",
      containers: [{ name: "tool", image, securityContext: hardened }],
      ...changes,
    },
  };
}

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};

const mounting = (claimName: string, readOnly?: boolean) => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName, readOnly } }],
});

describeWithApiServer("the namespace's policies on a real API server", () => {
  let server: ApiServer;

  const dryRun = (object: Manifest): Promise<Outcome> =>
    server.kubectl(
      ["create", "--dry-run=server", "-f", "-"],
      JSON.stringify(object),
    );

  beforeAll(async () => {
    server = await startApiServer();
    await installDefinitions(server);
    const text = manifests(await readEnvironment("eks"));
    await server.must(["apply", "--server-side", "-f", "-"], text);
    await fillQuotaStatus(server);
    await untilRefused(() => dryRun(pod("web", {}, "tool:1")));
    await untilRefused(() => dryRun(pod("web", mounting("records"))));
  });
  afterAll(() => server.stop());

  test("admission policies admit a compliant pod", async () => {
    expect(await dryRun(pod("debug"))).toMatchObject({ code: 0, stderr: "" });
  });

  test.each(["tool:1.2.3", "tool", "tool:latest", "tool@sha256:abc"])(
    "admission policies refuse the mutable image %s",
    async (image) => {
      const { code, stderr } = await dryRun(pod("debug", {}, image));
      expect(code).toBe(1);
      expect(stderr).toContain(
        `An image must be named by its digest (name@sha256:…), since a tag can be moved to another image: ${image}`,
      );
    },
  );

  test("admission policies refuse a mutable image of an init container", async () => {
    const initContainers = [
      { name: "init", image: "tool:1", securityContext: hardened },
    ];
    const { stderr } = await dryRun(pod("debug", { initContainers }));
    expect(stderr).toContain("An image must be named by its digest");
  });

  test("admission policies refuse a mutable image of a debugger added to a running pod", async () => {
    const running = podsOfTemplates(await objectsOf("eks"))[0]!;
    await server.must(["create", "-f", "-"], JSON.stringify(running));
    const { code, stderr } = await server.kubectl([
      "debug",
      running.metadata.name,
      "-n",
      "keepsake",
      "--image=busybox:1",
      "--profile=restricted",
      "--attach=false",
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain("An image must be named by its digest");
  });

  test.each([
    ["web", "records"],
    ["backend", "sessions"],
    ["debug", "sessions"],
    ["", "records"],
  ])(
    "admission policies refuse a pod of %p that would write to the claim %s",
    async (component, claim) => {
      const { code, stderr } = await dryRun(pod(component, mounting(claim)));
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /Only \w+, sweep, preflight may write to the claim \w+\. Mount it with readOnly: true, or not at all\./,
      );
    },
  );

  test.each([
    ["web", mounting("sessions")],
    ["backend", mounting("records")],
    ["debug", mounting("records", true)],
  ])(
    "admission policies let a pod of %p mount its own claim, or another read-only",
    async (component, volumes) => {
      expect(await dryRun(pod(component, volumes))).toMatchObject({ code: 0 });
    },
  );

  test.each([
    [
      "a privileged container",
      {
        containers: [
          { name: "a", image: DIGEST, securityContext: { privileged: true } },
        ],
      },
      "privileged",
    ],
    ["root", { securityContext: { runAsUser: 0 } }, "runAsNonRoot"],
    [
      "a folder of the node",
      { volumes: [{ name: "etc", hostPath: { path: "/etc" } }] },
      "hostPath",
    ],
    ["the node's network", { hostNetwork: true }, "hostNetwork"],
  ])("admission policies refuse %s", async (_, changes, why) => {
    const { code, stderr } = await dryRun(pod("debug", changes));
    expect(code).toBe(1);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
    expect(stderr).toContain(why);
  });

  test("admission policies refuse a Service that would expose the namespace outside the cluster", async () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "open", namespace: "keepsake" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    };
    const { stderr } = await dryRun(service);
    expect(stderr).toMatch(
      /exceeded quota: keepsake, requested: services\.loadbalancers=1/,
    );
  });

  test("the quota refuses more objects than it allows", async () => {
    const resources = {
      requests: { cpu: "500", memory: "1Gi" },
      limits: { memory: "1Gi" },
    };
    const containers = [
      { name: "a", image: DIGEST, securityContext: hardened, resources },
    ];
    const { stderr } = await dryRun(pod("debug", { containers }));
    expect(stderr).toContain(
      "exceeded quota: keepsake, requested: requests.cpu=500",
    );
  });

  test("admission policies do not apply in other namespaces", async () => {
    const elsewhere = pod("web", mounting("records"), "tool:latest");
    elsewhere.metadata.namespace = "default";
    (elsewhere["spec"] as { serviceAccountName?: string }).serviceAccountName =
      undefined;
    await server.must(
      ["apply", "-f", "-"],
      JSON.stringify({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", namespace: "default" },
      }),
    );
    expect(await dryRun(elsewhere)).toMatchObject({ code: 0 });
  });
});

/** Policies come into force a moment after they are applied. */
async function untilRefused(attempt: () => Promise<Outcome>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await attempt()).code === 0) {
    if (Date.now() > deadline)
      throw new Error("The policy never came into force");
  }
}
