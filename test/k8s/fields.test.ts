import {
  environmentNames,
  readEnvironment,
} from "../../k8s/schema/read-environment";
import { manifests } from "../../k8s/keepsake";
import {
  BY_OIDC,
  field,
  find,
  type Manifest,
  objectsOf,
  parseManifests,
} from "./support/manifests";

/** An environment's objects, with some fields of it changed. */
async function objectsWith(name: string, changes: object): Promise<Manifest[]> {
  const environment = await readEnvironment(name);
  return parseManifests(manifests({ ...environment, ...changes }));
}

const LOAD_BALANCER =
  "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*";

/** The settings of web. */
const settingsOf = (objects: Manifest[]) =>
  field(
    objects.find(
      ({ kind, metadata }) =>
        kind === "ConfigMap" && metadata.name.startsWith("web-"),
    ),
    "data",
  );

/** An environment whose load balancer signs people in by OIDC. */
const signedInBy = async (name: string, changes: object = {}) => {
  const environment = await readEnvironment(name);
  return objectsWith(name, {
    ingress: {
      ...environment.ingress,
      authenticate: {
        ...BY_OIDC,
        loadBalancer: LOAD_BALANCER,
        ...changes,
      },
    },
  });
};

type Expected = [at: string, value: unknown];

/** Each field that we rely on, by its name: a typed class that dropped one would fail here. */
function expectFields(object: Manifest, expected: Expected[]): void {
  const found = expected.map(([at]) => [at, field(object, at)]);
  expect(found).toEqual(expected);
}

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;

describe.each(environmentNames())("in %s", (name) => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf(name);
  });

  test.each(["web", "backend"])("%s ends gently", (component) => {
    expectFields(find(objects, "Deployment", component), [
      [`${pod}.terminationGracePeriodSeconds`, 45],
      [`${container}.lifecycle.preStop.sleep.seconds`, 10],
    ]);
    const settings = objects.find(
      ({ kind, metadata }) =>
        kind === "ConfigMap" && metadata.name.startsWith(`${component}-`),
    );
    expect(field(settings, "data.DRAIN_SECONDS")).toBe("30");
  });

  test.each(["web", "backend"])(
    "%s replaces pods without having fewer",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        ["spec.strategy.rollingUpdate.maxSurge", 1],
        ["spec.strategy.rollingUpdate.maxUnavailable", 0],
        ["spec.minReadySeconds", 5],
        // Autoscaling owns it: stated here, each apply would reset it.
        ["spec.replicas", undefined],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s has three probes that mean different things",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        [`${container}.startupProbe.httpGet.path`, "/livez"],
        [`${container}.startupProbe.failureThreshold`, 60],
        [`${container}.livenessProbe.httpGet.path`, "/livez"],
        [`${container}.livenessProbe.periodSeconds`, 10],
        [`${container}.readinessProbe.httpGet.path`, "/readyz"],
        [`${container}.readinessProbe.periodSeconds`, 3],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s gives its process as little as it can",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        [`${pod}.automountServiceAccountToken`, false],
        [`${pod}.enableServiceLinks`, false],
        [`${pod}.securityContext.runAsNonRoot`, true],
        [`${pod}.securityContext.runAsUser`, 1000],
        [`${pod}.securityContext.runAsGroup`, 1000],
        [`${pod}.securityContext.seccompProfile.type`, "RuntimeDefault"],
        [`${container}.securityContext.readOnlyRootFilesystem`, true],
        [`${container}.securityContext.allowPrivilegeEscalation`, false],
        [`${container}.securityContext.capabilities.drop`, ["ALL"]],
        [`${container}.imagePullPolicy`, "IfNotPresent"],
        [`${container}.resources.limits.cpu`, undefined],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s is spread over zones and nodes, and leaves a lost node soon",
    (component) => {
      const spread = `${pod}.topologySpreadConstraints`;
      expectFields(find(objects, "Deployment", component), [
        [`${spread}.0.topologyKey`, "topology.kubernetes.io/zone"],
        [`${spread}.0.whenUnsatisfiable`, "ScheduleAnyway"],
        [`${spread}.1.topologyKey`, "kubernetes.io/hostname"],
        // A full node must not stall a rollout.
        [`${spread}.1.whenUnsatisfiable`, "ScheduleAnyway"],
        [`${spread}.1.nodeTaintsPolicy`, "Honor"],
        [`${spread}.1.matchLabelKeys`, ["pod-template-hash"]],
        [`${pod}.tolerations.1.key`, "node.kubernetes.io/unreachable"],
        [`${pod}.tolerations.1.tolerationSeconds`, 30],
        [`${pod}.priorityClassName`, "keepsake-serving"],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s has a selector that depends on nothing",
    (component) => {
      const labels = {
        "app.kubernetes.io/name": "keepsake",
        "app.kubernetes.io/component": component,
      };
      expectFields(find(objects, "Deployment", component), [
        ["spec.selector.matchLabels", labels],
      ]);
      expectFields(find(objects, "Service", component), [
        ["spec.selector", labels],
        ["spec.type", "ClusterIP"],
        ["spec.trafficDistribution", "PreferSameZone"],
        ["spec.ports.0.appProtocol", "http"],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s scales in more slowly than it drains",
    (component) => {
      expectFields(find(objects, "HorizontalPodAutoscaler", component), [
        [
          "spec.behavior.scaleDown.policies",
          [{ type: "Pods", value: 1, periodSeconds: 60 }],
        ],
        ["spec.behavior.scaleDown.selectPolicy", "Min"],
        ["spec.behavior.scaleDown.stabilizationWindowSeconds", 300],
        ["spec.behavior.scaleUp.stabilizationWindowSeconds", 0],
        ["spec.metrics.0.resource.name", "cpu"],
      ]);
      expectFields(find(objects, "PodDisruptionBudget", component), [
        ["spec.unhealthyPodEvictionPolicy", "AlwaysAllow"],
      ]);
    },
  );

  test("the settings are immutable, and named by their content", () => {
    const settings = objects.filter(
      ({ kind, metadata }) =>
        kind === "ConfigMap" &&
        /^(web|backend)-[0-9a-f]{10}$/.test(metadata.name),
    );
    expect(settings).toHaveLength(2);
    for (const map of settings) expect(map["immutable"]).toBe(true);
    const used = ["backend", "web"].map((component) =>
      field(
        find(objects, "Deployment", component),
        `${container}.envFrom.0.configMapRef.name`,
      ),
    );
    expect(used).toEqual(settings.map(({ metadata }) => metadata.name));
  });

  test("no secret is in the output, only its name", () => {
    expect(objects.map(({ kind }) => kind)).not.toContain("Secret");
    expectFields(find(objects, "Deployment", "web"), [
      [`${pod}.volumes.2.secret.secretName`, "keepsake"],
      [
        `${pod}.volumes.2.secret.items`,
        [
          { key: "INTERNAL_TOKEN", path: "INTERNAL_TOKEN" },
          { key: "SESSION_KEYS", path: "SESSION_KEYS" },
        ],
      ],
      [`${container}.volumeMounts.2.readOnly`, true],
    ]);
    expectFields(find(objects, "Deployment", "backend"), [
      [
        `${pod}.volumes.2.secret.items`,
        [{ key: "INTERNAL_TOKEN", path: "INTERNAL_TOKEN" }],
      ],
    ]);
  });

  test("web asks the backend by a name that ends, so that no search domain is tried", () => {
    const settings = objects.find(({ metadata }) =>
      /^web-[0-9a-f]{10}$/.test(metadata.name),
    );
    expect(field(settings, "data.BACKEND_URL")).toBe(
      "http://backend.keepsake.svc.cluster.local.:8081",
    );
  });

  test("the namespace enforces the restricted standard", () => {
    expectFields(find(objects, "Namespace", "keepsake"), [
      [
        "metadata.labels",
        expect.objectContaining({
          "pod-security.kubernetes.io/enforce": "restricted",
          "pod-security.kubernetes.io/warn": "restricted",
        }),
      ],
    ]);
  });

  test("the claims are shared, and their data is kept", () => {
    for (const claim of ["sessions", "records"]) {
      expectFields(find(objects, "PersistentVolumeClaim", claim), [
        ["spec.accessModes", ["ReadWriteMany"]],
      ]);
    }
    const keepers = objects.filter(({ kind }) =>
      ["PersistentVolume", "StorageClass"].includes(kind),
    );
    expect(keepers.length).toBeGreaterThan(0);
    for (const keeper of keepers) {
      expect(
        field(keeper, "spec.persistentVolumeReclaimPolicy") ??
          keeper["reclaimPolicy"],
      ).toBe("Retain");
    }
  });

  test.each(["sweep-sessions", "sweep-records"])(
    "%s has history and a deadline, and never overlaps",
    (sweep) => {
      expectFields(find(objects, "CronJob", sweep), [
        ["spec.concurrencyPolicy", "Forbid"],
        ["spec.startingDeadlineSeconds", 900],
        ["spec.successfulJobsHistoryLimit", 2],
        ["spec.failedJobsHistoryLimit", 3],
        ["spec.jobTemplate.spec.activeDeadlineSeconds", 3600],
        ["spec.jobTemplate.spec.backoffLimit", 2],
        ["spec.jobTemplate.spec.template.spec.restartPolicy", "Never"],
        [
          "spec.jobTemplate.spec.template.spec.automountServiceAccountToken",
          false,
        ],
      ]);
    },
  );

  test("all traffic is denied but for what is named", () => {
    expectFields(find(objects, "NetworkPolicy", "default-deny"), [
      ["spec.podSelector", {}],
      ["spec.policyTypes", ["Ingress", "Egress"]],
      ["spec.ingress", undefined],
      ["spec.egress", undefined],
    ]);
    const web = find(objects, "NetworkPolicy", "web");
    expectFields(web, [
      ["spec.ingress.0.ports", [{ protocol: "TCP", port: 8080 }]],
      ["spec.egress.length", 1],
      [
        "spec.egress.0.to.0.podSelector.matchLabels",
        {
          "app.kubernetes.io/name": "keepsake",
          "app.kubernetes.io/component": "backend",
        },
      ],
    ]);
  });

  test("all objects have the recommended labels, a fixed name, and their namespace stated", () => {
    for (const { kind, metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        "app.kubernetes.io/name": "keepsake",
        "app.kubernetes.io/instance": "keepsake",
        "app.kubernetes.io/part-of": "keepsake",
        "app.kubernetes.io/managed-by": "cdk8s",
      });
      expect(`${kind} ${metadata.name}`).not.toMatch(/-c[0-9a-f]{7}$/);
    }
  });

  test("the file is as it was", async () => {
    expect(manifests(await readEnvironment(name))).toMatchSnapshot();
  });
});

describe("on EKS", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("eks");
  });

  test("volumes are access points, encrypted in transit and authorised by IAM", () => {
    const volumes = ["sessions", "records"].map((claim) =>
      find(objects, "PersistentVolume", `keepsake-${claim}`),
    );
    for (const volume of volumes) {
      expectFields(volume, [
        ["spec.mountOptions", ["tls", "iam"]],
        ["spec.csi.driver", "efs.csi.aws.com"],
        ["spec.csi.volumeAttributes.encryptInTransit", "true"],
      ]);
    }
    expect(
      volumes.map((volume) => field(volume, "spec.csi.volumeHandle")),
    ).toEqual([
      "fs-0123456789abcdef0::fsap-0123456789abcdef0",
      "fs-0123456789abcdef0::fsap-0123456789abcdef1",
    ]);
  });

  const annotation = (name: string, among = objects) =>
    find(among, "Ingress", "web").metadata.annotations?.[
      `alb.ingress.kubernetes.io/${name}`
    ];

  test("the load balancer sends to pods, over TLS 1.3, and redirects", () => {
    const found = [
      "target-type",
      "listen-ports",
      "ssl-redirect",
      "ssl-policy",
      "healthcheck-path",
    ].map((name) => annotation(name, objects));
    expect(found).toEqual([
      "ip",
      '[{"HTTP":80},{"HTTPS":443}]',
      "443",
      "ELBSecurityPolicy-TLS13-1-2-2021-06",
      "/readyz",
    ]);
  });

  test.each([
    ["eks", "75"],
    ["kind", "105"],
  ])(
    "web of %s keeps connections longer than the ingress does",
    async (name, seconds) => {
      expect(settingsOf(await objectsOf(name))).toMatchObject({
        KEEP_ALIVE_SECONDS: seconds,
      });
    },
  );

  test("web keeps connections longer than a load balancer that is told to keep them long", async () => {
    const { ingress } = await readEnvironment("eks");
    const given = await objectsWith("eks", {
      ingress: { ...ingress, idleTimeoutSeconds: 4_000 },
    });
    expect(settingsOf(given)).toMatchObject({ KEEP_ALIVE_SECONDS: "4015" });
  });

  test("behind CloudFront alone the load balancer has no port but TLS's, or its security group has too many rules", async () => {
    const given = await objectsOf("eks-ack");
    expect(annotation("security-group-prefix-lists", given)).toMatch(/^pl-/);
    expect(annotation("listen-ports", given)).toBe('[{"HTTPS":443}]');
    expect(annotation("ssl-redirect", given)).toBeUndefined();
  });

  test("the target group holds browsers on their pod, and waits for the drain", () => {
    expect(annotation("target-group-attributes", objects)?.split(",")).toEqual([
      "deregistration_delay.timeout_seconds=40",
      "load_balancing.algorithm.type=least_outstanding_requests",
      "stickiness.enabled=true",
      "stickiness.type=lb_cookie",
      "stickiness.lb_cookie.duration_seconds=86400",
    ]);
  });

  test("the class has the certificate and the load balancer's attributes, for this namespace alone", () => {
    expectFields(find(objects, "IngressClassParams", "keepsake"), [
      ["apiVersion", "elbv2.k8s.aws/v1beta1"],
      ["spec.certificateArn.length", 1],
      ["spec.scheme", "internet-facing"],
      [
        "spec.namespaceSelector.matchLabels",
        { "kubernetes.io/metadata.name": "keepsake" },
      ],
      [
        "spec.loadBalancerAttributes.1",
        { key: "idle_timeout.timeout_seconds", value: "60" },
      ],
    ]);
  });

  test("pods count as ready when the load balancer says so", () => {
    expectFields(find(objects, "Namespace", "keepsake"), [
      [
        "metadata.labels",
        expect.objectContaining({
          "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
        }),
      ],
    ]);
  });

  test("only backend leaves, not into private networks, and reaches its role's credentials", () => {
    const { egress } = find(objects, "NetworkPolicy", "backend")["spec"] as {
      egress: object[];
    };
    expect(egress.slice(1)).toEqual([
      {
        to: [
          {
            ipBlock: {
              cidr: "0.0.0.0/0",
              except: expect.arrayContaining(["169.254.0.0/16", "10.0.0.0/8"]),
            },
          },
        ],
        ports: [{ protocol: "TCP", port: 443 }],
      },
      {
        to: [{ ipBlock: { cidr: "169.254.170.23/32" } }],
        ports: [{ protocol: "TCP", port: 80 }],
      },
    ]);
  });

  test("only the load balancer's subnets reach web", () => {
    expect(
      field(find(objects, "NetworkPolicy", "web"), "spec.ingress.0.from"),
    ).toEqual([
      { ipBlock: { cidr: "10.0.0.0/20" } },
      { ipBlock: { cidr: "10.0.16.0/20" } },
      { ipBlock: { cidr: "10.0.32.0/20" } },
    ]);
  });

  test("all that a load balancer can be given arrives", async () => {
    const { ingress } = await readEnvironment("eks");
    const given = await objectsWith("eks", {
      ingress: {
        ...ingress,
        stickiness: { kind: "app_cookie", durationSeconds: 3_600 },
        accessLogs: { bucket: "logs", prefix: "keepsake" },
        webAclArn:
          "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/a/b",
        cloudFrontPrefixList: "pl-0123456789",
        authenticate: {
          kind: "cognito",
          userPoolArn:
            "arn:aws:cognito-idp:eu-central-1:111122223333:userpool/x",
          userPoolClientId: "client",
          userPoolDomain: "keepsake",
          loadBalancer: LOAD_BALANCER,
          signOutUrl: "https://id.example.com/logout",
        },
        tags: { team: "chat" },
      },
    });
    expect(annotation("target-group-attributes", given)).toContain(
      "stickiness.type=app_cookie,stickiness.app_cookie.cookie_name=__Host-keepsake,stickiness.app_cookie.duration_seconds=3600",
    );
    expect(annotation("wafv2-acl-arn", given)).toContain("regional/webacl");
    expect(annotation("security-group-prefix-lists", given)).toBe(
      "pl-0123456789",
    );
    expect(annotation("auth-type", given)).toBe("cognito");
    expect(JSON.parse(annotation("auth-idp-cognito", given) ?? "")).toEqual({
      userPoolARN: "arn:aws:cognito-idp:eu-central-1:111122223333:userpool/x",
      userPoolClientID: "client",
      userPoolDomain: "keepsake",
    });
    expect(find(given, "NetworkPolicy", "web").spec).toMatchObject({
      egress: [{}, { ports: [{ port: 443 }] }],
    });
    expect(settingsOf(given)).toMatchObject({
      SIGN_IN_LOAD_BALANCER: LOAD_BALANCER,
      SIGN_OUT_URL: "https://id.example.com/logout",
    });
    const parameters = find(given, "IngressClassParams", "keepsake");
    expect(field(parameters, "spec.tags")).toEqual([
      { key: "team", value: "chat" },
    ]);
    expect(field(parameters, "spec.loadBalancerAttributes")).toContainEqual({
      key: "access_logs.s3.bucket",
      value: "logs",
    });
  });

  test("OIDC arrives with its endpoints, and its secret by name", async () => {
    const given = await signedInBy("eks");
    expect(JSON.parse(annotation("auth-idp-oidc", given) ?? "")).toEqual({
      issuer: "https://id.example.com",
      authorizationEndpoint: "https://id.example.com/authorize",
      tokenEndpoint: "https://id.example.com/token",
      userInfoEndpoint: "https://id.example.com/userinfo",
      secretName: "oidc",
    });
  });

  test.each([
    [
      "the AWS Load Balancer Controller",
      "eks",
      {
        kind: "ServiceAccount",
        name: "aws-load-balancer-controller",
        namespace: "kube-system",
      },
    ],
    [
      "EKS Auto Mode",
      "eks-auto",
      {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Group",
        name: "eks:managed",
      },
    ],
  ])(
    "with OIDC, %s may read its Secret and no other",
    async (_, name, subject) => {
      const given = await signedInBy(name);
      expect(find(given, "Role", "sign-in-secret")["rules"]).toEqual([
        {
          apiGroups: [""],
          resources: ["secrets"],
          resourceNames: ["oidc"],
          verbs: ["get", "list", "watch"],
        },
      ]);
      const binding = find(given, "RoleBinding", "sign-in-secret");
      expect(binding["roleRef"]).toMatchObject({ name: "sign-in-secret" });
      expect(binding["subjects"]).toEqual([subject]);
    },
  );

  test("a controller that runs as somebody else is the one who may read it", async () => {
    const given = await signedInBy("eks", { controllerAccount: "aws/alb" });
    expect(find(given, "RoleBinding", "sign-in-secret")["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "alb", namespace: "aws" },
    ]);
  });

  test("without OIDC nobody gets a right on Secrets", () => {
    expect(objects.filter(({ kind }) => kind === "Role")).toEqual([]);
  });

  test("autoscaling follows streams in flight where there is an adapter", async () => {
    const { web, backend } = await readEnvironment("eks");
    const given = await objectsWith("eks", {
      web: { ...web, targetStreamsPerPod: 500 },
      backend: { ...backend, targetStreamsPerPod: 200 },
    });
    const pods = (name: string) =>
      field(
        find(given, "HorizontalPodAutoscaler", name),
        "spec.metrics.1.pods",
      );
    expect(pods("web")).toEqual({
      metric: { name: "keepsake_streams_open" },
      target: { type: "AverageValue", averageValue: "500" },
    });
    expect(pods("backend")).toMatchObject({
      metric: { name: "keepsake_replies_in_progress" },
    });
  });

  test("other settings reach their program, and a sweep waits as long as web", async () => {
    const given = await objectsWith("eks", {
      settings: {
        web: { SESSION_IDLE_SECONDS: "86400" },
        backend: { LEASE_SECONDS: "6" },
        sweep: { DELETED_CONVERSATION_SECONDS: "604800" },
      },
    });
    const data = (component: string) =>
      given.find(({ metadata }) =>
        new RegExp(`^${component}-[0-9a-f]{10}$`).test(metadata.name),
      )?.["data"];
    expect(data("web")).toMatchObject({ SESSION_IDLE_SECONDS: "86400" });
    expect(data("backend")).toMatchObject({ LEASE_SECONDS: "6" });
    const env = (sweep: string) =>
      field(
        find(given, "CronJob", sweep),
        "spec.jobTemplate.spec.template.spec.containers.0.env",
      );
    const idle = { name: "SESSION_IDLE_SECONDS", value: "86400" };
    expect(env("sweep-sessions")).toContainEqual(idle);
    expect(env("sweep-records")).not.toContainEqual(idle);
    expect(env("sweep-records")).toContainEqual({
      name: "DELETED_CONVERSATION_SECONDS",
      value: "604800",
    });
  });

  test("a fixed number of pods has no autoscaler, and is stated", async () => {
    const { web } = await readEnvironment("eks");
    const given = await objectsWith("eks", {
      web: { ...web, replicas: { min: 3, max: 3 } },
    });
    expect(field(find(given, "Deployment", "web"), "spec.replicas")).toBe(3);
    expect(
      given.filter(({ kind }) => kind === "HorizontalPodAutoscaler"),
    ).toHaveLength(1);
  });
});

describe("on EKS Auto Mode", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("eks-auto");
  });

  test("the class is Auto Mode's own", () => {
    expectFields(find(objects, "IngressClass", "keepsake"), [
      ["spec.controller", "eks.amazonaws.com/alb"],
      ["spec.parameters.apiGroup", "eks.amazonaws.com"],
    ]);
    expectFields(find(objects, "IngressClassParams", "keepsake"), [
      ["apiVersion", "eks.amazonaws.com/v1"],
    ]);
  });

  test("access points are made with the pods' user, and found again by a claim made again", () => {
    expectFields(find(objects, "StorageClass", "keepsake-efs"), [
      ["provisioner", "efs.csi.aws.com"],
      ["mountOptions", ["tls", "iam"]],
      ["parameters.provisioningMode", "efs-ap"],
      ["parameters.uid", "1000"],
      ["parameters.gid", "1000"],
      ["parameters.subPathPattern", "${.PVC.namespace}/${.PVC.name}"],
      ["parameters.ensureUniqueDirectory", "false"],
    ]);
  });

  test("names are asked of the node, where no pod answers them", () => {
    expect(
      field(find(objects, "NetworkPolicy", "allow-dns"), "spec.egress.0.to"),
    ).toContainEqual({
      ipBlock: { cidr: "169.254.20.10/32" },
    });
  });
});

describe("on kind", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("kind");
  });

  test("volumes are folders that the nodes share, and that must be there", () => {
    expectFields(find(objects, "PersistentVolume", "keepsake-sessions"), [
      [
        "spec.hostPath",
        { path: "/var/lib/keepsake/sessions", type: "Directory" },
      ],
      ["spec.claimRef.name", "sessions"],
    ]);
  });

  test("Traefik holds browsers on their pod, and it alone reaches web", () => {
    expect(find(objects, "Service", "web").metadata.annotations).toEqual({
      "traefik.ingress.kubernetes.io/service.sticky.cookie": "true",
      "traefik.ingress.kubernetes.io/service.sticky.cookie.name":
        "keepsake-pod",
      "traefik.ingress.kubernetes.io/service.sticky.cookie.httponly": "true",
      "traefik.ingress.kubernetes.io/service.sticky.cookie.samesite": "lax",
    });
    expect(
      field(find(objects, "NetworkPolicy", "web"), "spec.ingress.0.from"),
    ).toEqual([
      {
        podSelector: {
          matchLabels: {
            "app.kubernetes.io/name": "keepsake",
            "app.kubernetes.io/component": "ingress",
          },
        },
      },
    ]);
  });
});
