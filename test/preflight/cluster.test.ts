import { addOns } from "../../app/preflight/checks/add-ons";
import { autoscaling } from "../../app/preflight/checks/autoscaling";
import { backendName } from "../../app/preflight/checks/backend-name";
import { drain } from "../../app/preflight/checks/drain";
import { idleTimeout } from "../../app/preflight/checks/idle-timeout";
import { model } from "../../app/preflight/checks/model";
import { readinessGates } from "../../app/preflight/checks/readiness-gates";
import { findUrl } from "../../app/preflight/find-cluster";
import { liveTimes } from "../../app/preflight/ingress/live-alb";
import { expectEventually } from "../support/wait-for";
import { closeAll, clusterOf, run, serve, statusesOf } from "./support";

afterEach(closeAll);

const apps = "/apis/apps/v1/namespaces";
const networking = "/apis/networking.k8s.io/v1";
const ALB_CLASS = `${networking}/ingressclasses/alb`;

const albClass = {
  metadata: { name: "alb" },
  spec: { controller: "ingress.k8s.aws/alb" },
};

function ingress(attributes = "") {
  return {
    metadata: {
      name: "web",
      annotations: {
        "alb.ingress.kubernetes.io/target-group-attributes": attributes,
      },
    },
    spec: { ingressClassName: "alb" },
  };
}

function web(grace: number) {
  return {
    metadata: { name: "web" },
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: grace,
          containers: [
            {
              name: "web",
              envFrom: [{ configMapRef: { name: "settings" } }],
              lifecycle: { preStop: { sleep: { seconds: 10 } } },
            },
          ],
        },
      },
    },
    status: { readyReplicas: 2 },
  };
}

const settings = {
  metadata: { name: "settings" },
  data: { DRAIN_SECONDS: "20" },
};

function drainCluster(grace: number, attributes?: string) {
  return clusterOf({
    [`${apps}/keepsake/deployments`]: { items: [web(grace)] },
    "/api/v1/namespaces/keepsake/configmaps/settings": settings,
    [`${networking}/namespaces/keepsake/ingresses`]: {
      items: attributes === undefined ? [] : [ingress(attributes)],
    },
    [ALB_CLASS]: albClass,
    "/apis/elbv2.k8s.aws/v1beta1/namespaces/keepsake/targetgroupbindings": {
      items: [
        { metadata: { name: "web" }, spec: { targetGroupARN: "arn:live" } },
      ],
    },
  });
}

const attribute = (Key: string, Value: number) => ({
  Attributes: [{ Key, Value: String(Value) }],
});

const withoutRights = () => Promise.reject(new Error("AccessDenied"));

/** The answers of the AWS command line. */
const asksAws =
  (idleSeconds: number) =>
  (name: string, [, asked = "", , arn]: string[]) => {
    expect([name, arn]).toEqual([
      "aws",
      asked.startsWith("describe-target-group") ? "arn:live" : "arn:alb",
    ]);
    const answers: Record<string, object> = {
      "describe-target-group-attributes": attribute(
        "deregistration_delay.timeout_seconds",
        7,
      ),
      "describe-target-groups": {
        TargetGroups: [{ LoadBalancerArns: ["arn:alb"] }],
      },
      "describe-load-balancer-attributes": attribute(
        "idle_timeout.timeout_seconds",
        idleSeconds,
      ),
    };
    return Promise.resolve(JSON.stringify(answers[asked]));
  };

describe("the address that preflight finds", () => {
  const ingresses = `${networking}/namespaces/keepsake/ingresses`;
  const routes =
    "/apis/gateway.networking.k8s.io/v1/namespaces/keepsake/httproutes";

  it("is the ingress's host", async () => {
    const rules = [{ host: "chat.example.com" }];
    const items = [{ ...ingress(), spec: { rules } }];
    const cluster = clusterOf({ [ingresses]: { items } });
    expect(await findUrl(cluster)).toBe("http://chat.example.com");
  });

  it("is the host of the route, if there is a Gateway and no ingress", async () => {
    const spec = { hostnames: ["chat.example.com"] };
    const items = [{ metadata: { name: "web" }, spec }];
    const cluster = clusterOf({
      [ingresses]: { items: [] },
      [routes]: { items },
    });
    expect(await findUrl(cluster)).toBe("https://chat.example.com");
  });

  it("has the path that the ingress or the route sends to Keepsake", async () => {
    const http = { paths: [{ path: "/chat" }] };
    const rules = [{ host: "example.com", http }];
    const items = [{ ...ingress(), spec: { rules } }];
    const byIngress = clusterOf({ [ingresses]: { items } });
    expect(await findUrl(byIngress)).toBe("http://example.com/chat");
    const matches = [{ path: { type: "PathPrefix", value: "/chat" } }];
    const spec = { hostnames: ["example.com"], rules: [{ matches }] };
    const byRoute = clusterOf({
      [ingresses]: { items: [] },
      [routes]: { items: [{ metadata: { name: "web" }, spec }] },
    });
    expect(await findUrl(byRoute)).toBe("https://example.com/chat");
  });

  it("is unknown for a route of localhost, which names preflight's own pod", async () => {
    const spec = { hostnames: ["localhost"] };
    const items = [{ metadata: { name: "web" }, spec }];
    const cluster = clusterOf({
      [ingresses]: { items: [] },
      [routes]: { items },
    });
    expect(await findUrl(cluster)).toBeUndefined();
  });

  it("is unknown without both", async () => {
    const cluster = clusterOf({ [ingresses]: { items: [] } });
    expect(await findUrl(cluster)).toBeUndefined();
  });
});

const clusterWith = (...pods: unknown[]) =>
  clusterOf({
    [`${networking}/namespaces/keepsake/ingresses`]: { items: [ingress()] },
    [ALB_CLASS]: albClass,
    "/api/v1/namespaces/keepsake/pods": { items: pods },
  });

const scaled = (condition: object) =>
  clusterOf({
    "/apis/autoscaling/v2/namespaces/keepsake/horizontalpodautoscalers": {
      items: [
        { metadata: { name: "web" }, status: { conditions: [condition] } },
      ],
    },
  });

const nodes = (tag: string, ready: number) => ({
  metadata: { name: "efs-csi-node" },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: "efs",
            image: `registry.example/aws-efs-csi-driver:${tag}`,
          },
        ],
      },
    },
  },
  status: { desiredNumberScheduled: 3, numberReady: ready },
});

describe("the drain check", () => {
  it("the drain check passes when the grace period exceeds preStop plus drain", async () => {
    expect(await run(drain, {}, { cluster: drainCluster(35) })).toEqual([
      {
        status: "ok",
        seen: "web: preStop 10 s + DRAIN_SECONDS 20 s end before the grace period of 35 s.",
      },
    ]);
  });

  it("the drain check fails for a short grace period", async () => {
    const [outcome] = await run(drain, {}, { cluster: drainCluster(30) });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("terminationGracePeriodSeconds above 30");
  });

  it("the drain check passes with a deregistration delay of the same length", async () => {
    const cluster = drainCluster(35, "deregistration_delay.timeout_seconds=30");
    expect(statusesOf(await run(drain, {}, { cluster }))).toEqual(["ok", "ok"]);
  });

  it("the drain check fails for a shorter deregistration delay", async () => {
    const cluster = drainCluster(35, "deregistration_delay.timeout_seconds=5");
    const outcome = (await run(drain, {}, { cluster })).at(-1);
    expect(outcome?.status).toBe("failure");
    expect(outcome?.todo).toContain("deregistration_delay.timeout_seconds=30");
  });

  it("the drain check reads the live target group where possible", async () => {
    const cluster = drainCluster(35, "deregistration_delay.timeout_seconds=30");
    const outcome = (
      await run(drain, {}, { cluster, command: asksAws(60) })
    ).at(-1);
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain(
      "deregistration delay 7 s (the live target group)",
    );
  });

  it("the drain check reports that nothing is deployed", async () => {
    const cluster = clusterOf({
      [`${apps}/keepsake/deployments`]: { items: [] },
    });
    const [outcome] = await run(drain, {}, { cluster });
    expect(outcome?.todo).toContain("--namespace");
  });
});

describe("the idle time-out check of a live load balancer", () => {
  it.each([
    [60, "ok"],
    [15, "failure"],
  ])(
    "an idle time-out of %s s is compared with the heartbeat: %s",
    async (seconds, status) => {
      const cluster = drainCluster(35, "");
      const outcome = (
        await run(idleTimeout, {}, { cluster, command: asksAws(seconds) })
      ).at(-1);
      expect([outcome?.status, outcome?.seen]).toEqual([
        status,
        `The live load balancer closes connections after ${seconds} s of silence; heartbeats are sent every 10 s.`,
      ]);
    },
  );

  it("the idle time-out check finds EKS Auto Mode's target group bindings", async () => {
    const cluster = clusterOf({
      "/apis/eks.amazonaws.com/v1/namespaces/keepsake/targetgroupbindings": {
        items: [
          { metadata: { name: "web" }, spec: { targetGroupARN: "arn:live" } },
        ],
      },
    });
    const command = asksAws(60);
    expect(await liveTimes({ cluster, command })).toEqual({
      deregistrationDelay: 7,
      idleTimeout: 60,
    });
  });

  it("the idle time-out check skips the load balancer when the AWS command line has no permission", async () => {
    const outcomes = await run(
      idleTimeout,
      {},
      { cluster: drainCluster(35, ""), command: withoutRights },
    );
    expect(statusesOf(outcomes)).toEqual(["skipped"]);
  });
});

describe("the readiness gate check", () => {
  const gate = "target-health.elbv2.k8s.aws/k8s-web";
  const gated = (status: string) => ({
    metadata: { name: "web-1" },
    spec: { readinessGates: [{ conditionType: gate }], containers: [] },
    status: {
      conditions: [{ type: gate, status, reason: "Target.FailedHealthChecks" }],
    },
  });
  const ungated = {
    metadata: { name: "web-2" },
    spec: { containers: [] },
    status: {},
  };
  const made = (name: string, creationTimestamp: string) => ({
    ...ungated,
    metadata: { name, creationTimestamp },
  });

  it("the readiness gate check passes when the load balancer finds the pod healthy", async () => {
    const cluster = clusterWith(gated("True"));
    expect(statusesOf(await run(readinessGates, {}, { cluster }))).toEqual([
      "ok",
    ]);
  });

  it("the readiness gate check reports pods made before the label and unfulfilled gates", async () => {
    const cluster = clusterWith(ungated, gated("False"));
    const outcomes = await run(readinessGates, {}, { cluster });
    expect(statusesOf(outcomes)).toEqual(["failure", "failure"]);
    expect(outcomes[0]?.todo).toContain("pod-readiness-gate-inject=enabled");
    expect(outcomes[1]?.seen).toContain("Target.FailedHealthChecks");
  });

  it.each([
    ["elbv2.k8s.aws/v1beta1", "the controller's"],
    ["eks.amazonaws.com/v1", "EKS Auto Mode's"],
  ])(
    "the readiness gate check only warns of pods older than the target group, by %s (%s)",
    async (api) => {
      const cluster = clusterOf({
        [`${networking}/namespaces/keepsake/ingresses`]: { items: [ingress()] },
        [ALB_CLASS]: albClass,
        "/api/v1/namespaces/keepsake/pods": {
          items: [
            made("first", "2026-01-01T00:00:00Z"),
            made("later", "2026-01-01T00:02:00Z"),
          ],
        },
        [`/apis/${api}/namespaces/keepsake/targetgroupbindings`]: {
          items: [
            {
              metadata: {
                name: "web",
                creationTimestamp: "2026-01-01T00:01:00Z",
              },
              spec: { targetGroupARN: "arn:live" },
            },
          ],
        },
      });
      const outcomes = await run(readinessGates, {}, { cluster });
      expect(statusesOf(outcomes)).toEqual(["warning", "failure"]);
      expect(outcomes[0]?.todo).toContain("rollout restart deployment/web");
    },
  );

  const statusesWithBinding = async (name: string) => {
    const cluster = clusterOf({
      [`${networking}/namespaces/keepsake/ingresses`]: { items: [ingress()] },
      [ALB_CLASS]: albClass,
      "/api/v1/namespaces/keepsake/pods": { items: [gated("True")] },
      "/apis/elbv2.k8s.aws/v1beta1/namespaces/keepsake/targetgroupbindings": {
        items: [{ metadata: { name }, spec: { targetGroupARN: "arn:live" } }],
      },
    });
    return statusesOf(await run(readinessGates, {}, { cluster }));
  };

  it("the readiness gate check warns of a gate whose target group is gone", async () => {
    expect(await statusesWithBinding("k8s-web")).toEqual(["ok"]);
    expect(await statusesWithBinding("k8s-other")).toEqual(["warning"]);
  });

  it("the readiness gate check is skipped where no ingress is an ALB", async () => {
    const cluster = clusterOf({});
    expect(statusesOf(await run(readinessGates, {}, { cluster }))).toEqual([
      "skipped",
    ]);
  });
});

describe("the autoscaler check", () => {
  it("the autoscaler check passes for an active autoscaler", async () => {
    const cluster = scaled({ type: "ScalingActive", status: "True" });
    expect(statusesOf(await run(autoscaling, {}, { cluster }))).toEqual(["ok"]);
  });

  it("the autoscaler check fails without metrics", async () => {
    const cluster = scaled({
      type: "ScalingActive",
      status: "False",
      reason: "FailedGetResourceMetric",
      message: "the server could not find the requested resource",
    });
    const [outcome] = await run(autoscaling, {}, { cluster });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("FailedGetResourceMetric");
    expect(outcome?.todo).toContain("metrics-server");
  });
});

describe("the add-on check", () => {
  const volume = {
    metadata: { name: "sessions" },
    spec: {
      csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-1::fsap-1" },
      claimRef: { namespace: "keepsake", name: "sessions" },
    },
  };
  const efs = (tag: string, ready = 3) =>
    clusterOf({
      "/api/v1/persistentvolumes": { items: [volume] },
      "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com": {},
      [`${apps}/kube-system/daemonsets/efs-csi-node`]: nodes(tag, ready),
    });

  it.each([
    ["passes for new add-ons", efs("v3.3.0-eksbuild.1"), "ok", "3.3.0"],
    ["warns of old add-ons", efs("v1.7.0"), "warning", "older than 2.0.5"],
    [
      "fails for nodes without the driver",
      efs("v2.1.0", 2),
      "failure",
      "2 of 3 nodes",
    ],
    [
      "fails without the driver",
      clusterOf({ "/api/v1/persistentvolumes": { items: [volume] } }),
      "failure",
      "not installed",
    ],
  ])("the add-on check %s", async (_, cluster, status, seen) => {
    const [outcome] = await run(addOns, {}, { cluster });
    expect(outcome?.status).toBe(status);
    expect(outcome?.seen).toContain(seen);
  });

  it("the add-on check fails when an ALB has no controller", async () => {
    const cluster = clusterOf({
      [`${networking}/namespaces/keepsake/ingresses`]: { items: [ingress()] },
      [ALB_CLASS]: albClass,
    });
    const outcome = (await run(addOns, {}, { cluster })).at(-1);
    expect(outcome?.seen).toBe(
      "The AWS Load Balancer Controller is not running in kube-system.",
    );
  });
});

describe("the check of the backend's name", () => {
  it("the backend's name passes when it resolves and a ready backend answers", async () => {
    const url = await serve((_, response) => response.end("ok"));
    const BACKEND_URL = url.replace("127.0.0.1", "localhost");
    // A look-up on a busy machine may exceed the limit for a warning.
    await expectEventually(async () => {
      const outcomes = await run(backendName, { BACKEND_URL });
      expect(statusesOf(outcomes)).toEqual(["ok", "ok"]);
    });
  });

  it("a backend name that does not resolve is reported with a correct example", async () => {
    const [outcome] = await run(backendName, {
      BACKEND_URL: "http://backend.invalid.:8081",
    });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("backend.invalid. does not resolve");
    expect(outcome?.todo).toContain("svc.cluster.local");
  });

  it("a backend name without a ready backend fails with the reason", async () => {
    const BACKEND_URL = await serve((_, response) => {
      response.writeHead(503).end("DATA_DIRECTORY can't be written to");
    });
    const outcome = (await run(backendName, { BACKEND_URL })).at(-1);
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("503 DATA_DIRECTORY can't be written to");
  });
});

describe("the model check", () => {
  it("the model check is skipped outside of the cluster, with a hint", async () => {
    const [outcome] = await run(model);
    expect(outcome?.status).toBe("skipped");
    expect(outcome?.seen).toContain("scripts/preflight");
  });

  it("the model check fails when the backend refuses the token, and names it", async () => {
    const BACKEND_URL = await serve((_, response) =>
      response.writeHead(401).end("who?"),
    );
    const [outcome] = await run(model, { BACKEND_URL });
    expect(outcome?.status).toBe("failure");
    expect(outcome?.seen).toContain("401: who?");
  });
});
