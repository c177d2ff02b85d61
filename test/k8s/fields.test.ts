import { parse } from "yaml";
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

/** An environment's objects after changes to some of its fields. */
async function objectsWith(name: string, changes: object): Promise<Manifest[]> {
  const environment = await readEnvironment(name);
  return parseManifests(manifests({ ...environment, ...changes }));
}

const LOAD_BALANCER =
  "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*";

const settingsOf = (objects: Manifest[], component = "web") =>
  objects.find(({ metadata }) =>
    new RegExp(`^${component}-[0-9a-f]{10}$`).test(metadata.name),
  )?.["data"];

const withOidc = async (name: string, changes: object = {}) => {
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

/** Compares fields by their paths: a typed class that drops one fails here. */
function expectFields(object: Manifest, expected: Expected[]): void {
  const found = expected.map(([at]) => [at, field(object, at)]);
  expect(found).toEqual(expected);
}

const expectRoute = (objects: Manifest[], path: string) =>
  expect(
    field(find(objects, "Ingress", "web"), "spec.rules.0.http.paths.0"),
  ).toMatchObject({ path, pathType: "Prefix" });

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;

const selectorOf = (component: string) => ({
  "app.kubernetes.io/name": "keepsake",
  "app.kubernetes.io/component": component,
});

const LARGE = { min: 3, max: 20 };
const SIZES: Record<string, typeof LARGE> = {
  eks: LARGE,
  "eks-ack": LARGE,
  "eks-auto": { min: 2, max: 20 },
  kind: { min: 2, max: 6 },
};

describe.each(environmentNames())("the manifests of %s", (name) => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf(name);
  });

  test.each(["web", "backend"])(
    "%s has time to drain before it is killed",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        [`${pod}.terminationGracePeriodSeconds`, 45],
        [`${container}.lifecycle.preStop.sleep.seconds`, 10],
      ]);
      expect(settingsOf(objects, component)).toMatchObject({
        DRAIN_SECONDS: "30",
      });
    },
  );

  test.each(["web", "backend"])(
    "%s keeps its full capacity during a rollout",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        ["spec.strategy.rollingUpdate.maxSurge", 1],
        ["spec.strategy.rollingUpdate.maxUnavailable", 0],
        ["spec.minReadySeconds", 5],
        // Owned by the autoscaler: a value here would be reset by each apply.
        ["spec.replicas", undefined],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s has a startup, a liveness and a readiness probe of its own",
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

  test.each(["web", "backend"])("%s runs with least privilege", (component) => {
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
  });

  test.each(["web", "backend"])(
    "%s is spread over zones and nodes, and leaves a lost node after 30 s",
    (component) => {
      const spread = `${pod}.topologySpreadConstraints`;
      expectFields(find(objects, "Deployment", component), [
        [`${spread}.0.topologyKey`, "topology.kubernetes.io/zone"],
        [`${spread}.0.whenUnsatisfiable`, "ScheduleAnyway"],
        [`${spread}.1.topologyKey`, "kubernetes.io/hostname"],
        // A full node must not block a rollout.
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
    "%s has a selector of constant labels",
    (component) => {
      expectFields(find(objects, "Deployment", component), [
        ["spec.selector.matchLabels", selectorOf(component)],
      ]);
      expectFields(find(objects, "Service", component), [
        ["spec.selector", selectorOf(component)],
        ["spec.type", "ClusterIP"],
        ["spec.trafficDistribution", "PreferSameZone"],
        ["spec.ports.0.appProtocol", "http"],
      ]);
    },
  );

  test.each(["web", "backend"])(
    "%s scales in by one pod at a time, not before the previous one has drained",
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

  test("settings are immutable ConfigMaps named by their content", () => {
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

  test("a Secret is referenced by name and never written", () => {
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

  test("web has the secret of its origin only if it must require it", async () => {
    const { ingress, ...eks } = await readEnvironment("eks");
    if (ingress.kind !== "alb") throw new Error("eks has no ALB any more");
    const items = (originSecret: boolean) =>
      field(
        find(
          parseManifests(
            manifests({ ...eks, ingress: { ...ingress, originSecret } }),
          ),
          "Deployment",
          "web",
        ),
        `${pod}.volumes.2.secret.items`,
      );
    const required = { key: "ORIGIN_SECRET", path: "ORIGIN_SECRET" };
    expect(items(true)).toContainEqual(required);
    expect(items(false)).not.toContainEqual(required);
  });

  test("web calls the backend by a fully qualified name with a trailing dot", () => {
    expect(settingsOf(objects)).toMatchObject({
      BACKEND_URL: "http://backend.keepsake.svc.cluster.local.:8081",
    });
  });

  test("the namespace enforces the restricted pod security standard", () => {
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

  test("claims are ReadWriteMany and their volumes are retained", () => {
    for (const claim of ["sessions", "records"]) {
      expectFields(find(objects, "PersistentVolumeClaim", claim), [
        ["spec.accessModes", ["ReadWriteMany"]],
      ]);
    }
    const volumes = objects.filter(({ kind }) =>
      ["PersistentVolume", "StorageClass"].includes(kind),
    );
    expect(volumes.length).toBeGreaterThan(0);
    for (const volume of volumes) {
      expect(
        field(volume, "spec.persistentVolumeReclaimPolicy") ??
          volume["reclaimPolicy"],
      ).toBe("Retain");
    }
  });

  test.each(["sweep-sessions", "sweep-records"])(
    "%s never overlaps itself, has a deadline and keeps a history",
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

  test("network traffic is denied unless a policy allows it", () => {
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
      ["spec.egress.0.to.0.podSelector.matchLabels", selectorOf("backend")],
    ]);
  });

  test("every network policy governs both directions, except the one for DNS", () => {
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    const types = Object.fromEntries(
      policies.map((policy) => [
        policy.metadata.name,
        field(policy, "spec.policyTypes"),
      ]),
    );
    expect(types).toEqual({
      ...Object.fromEntries(
        Object.keys(types).map((policy) => [policy, ["Ingress", "Egress"]]),
      ),
      "allow-dns": ["Egress"],
    });
  });

  test.each([
    ["web", 9090],
    ["backend", 9091],
  ])(
    "metrics of %s are read only from the monitoring namespace",
    (component, port) => {
      const policy = find(objects, "NetworkPolicy", component);
      expectFields(policy, [
        ["spec.podSelector.matchLabels", selectorOf(component)],
      ]);
      const rules = field(policy, "spec.ingress") as {
        from: unknown;
        ports: { port: number }[];
      }[];
      const readers = rules.filter(({ ports }) =>
        ports.some((allowed) => allowed.port === port),
      );
      expect(readers.map(({ from }) => from)).toEqual([
        [
          {
            namespaceSelector: {
              matchLabels: { "kubernetes.io/metadata.name": "monitoring" },
            },
          },
        ],
      ]);
    },
  );

  test("backend is reached only by web and by other backends", () => {
    expectFields(find(objects, "NetworkPolicy", "backend"), [
      [
        "spec.ingress.0",
        {
          from: ["web", "backend"].map((component) => ({
            podSelector: { matchLabels: selectorOf(component) },
          })),
          ports: [{ protocol: "TCP", port: 8081 }],
        },
      ],
      ["spec.ingress.length", 2],
    ]);
  });

  test.each(["web", "backend"])(
    "%s loses at most a quarter of its pods to evictions, and keeps its minimum when scaled",
    (component) => {
      const { min, max } = SIZES[name]!;
      expectFields(find(objects, "PodDisruptionBudget", component), [
        ["spec.maxUnavailable", "25%"],
        ["spec.minAvailable", undefined],
        ["spec.selector.matchLabels", selectorOf(component)],
      ]);
      expectFields(find(objects, "HorizontalPodAutoscaler", component), [
        ["spec.minReplicas", min],
        ["spec.maxReplicas", max],
        ["spec.scaleTargetRef.name", component],
      ]);
    },
  );

  test("every object has the recommended labels and a fixed name", () => {
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
});

describe("the manifests of eks", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("eks");
  });

  test("volumes are EFS access points, encrypted in transit and authorised by IAM", () => {
    const volumes = ["sessions", "records"].map((claim) =>
      find(objects, "PersistentVolume", `keepsake-${claim}`),
    );
    for (const volume of volumes) {
      expectFields(volume, [
        ["spec.mountOptions", ["iam"]],
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

  const annotation = (name: string, of = objects) =>
    find(of, "Ingress", "web").metadata.annotations?.[
      `alb.ingress.kubernetes.io/${name}`
    ];

  test("the load balancer targets pods, requires TLS 1.2 or newer and redirects HTTP", () => {
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
      "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
      "/readyz",
    ]);
  });

  test.each([
    ["eks", "75"],
    ["kind", "105"],
  ])(
    "web of %s keeps idle connections longer than its ingress",
    async (name, seconds) => {
      expect(settingsOf(await objectsOf(name))).toMatchObject({
        KEEP_ALIVE_SECONDS: seconds,
      });
    },
  );

  test("web keeps idle connections longer than a raised idle time-out of the load balancer", async () => {
    const { ingress } = await readEnvironment("eks");
    const given = await objectsWith("eks", {
      ingress: { ...ingress, idleTimeoutSeconds: 4_000 },
    });
    expect(settingsOf(given)).toMatchObject({ KEEP_ALIVE_SECONDS: "4015" });
  });

  test("a load balancer behind CloudFront listens on port 443 only, within the limit of security group rules", async () => {
    const given = await objectsOf("eks-ack");
    expect(annotation("security-group-prefix-lists", given)).toMatch(/^pl-/);
    expect(annotation("listen-ports", given)).toBe('[{"HTTPS":443}]');
    expect(annotation("ssl-redirect", given)).toBeUndefined();
  });

  test("the target group is sticky and deregisters after the drain", () => {
    expect(annotation("target-group-attributes", objects)?.split(",")).toEqual([
      "deregistration_delay.timeout_seconds=40",
      "load_balancing.algorithm.type=least_outstanding_requests",
      "stickiness.enabled=true",
      "stickiness.type=lb_cookie",
      "stickiness.lb_cookie.duration_seconds=86400",
    ]);
  });

  test("IngressClassParams has the certificate and attributes, for this namespace only", () => {
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

  test("pods get the readiness gate of the load balancer", () => {
    expectFields(find(objects, "Namespace", "keepsake"), [
      [
        "metadata.labels",
        expect.objectContaining({
          "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
        }),
      ],
    ]);
  });

  test("backend reaches the internet and the Pod Identity agent, but no private network", () => {
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
        to: [
          { ipBlock: { cidr: "169.254.170.23/32" } },
          { ipBlock: { cidr: "fd00:ec2::23/128" } },
        ],
        ports: [{ protocol: "TCP", port: 80 }],
      },
    ]);
  });

  test("web is reached only from the load balancer's subnets", () => {
    expect(
      field(find(objects, "NetworkPolicy", "web"), "spec.ingress.0.from"),
    ).toEqual([
      { ipBlock: { cidr: "10.0.0.0/20" } },
      { ipBlock: { cidr: "10.0.16.0/20" } },
      { ipBlock: { cidr: "10.0.32.0/20" } },
    ]);
  });

  test("the load balancer's subnets are chosen by their tags", async () => {
    const { subnets, ...ingress } = (await readEnvironment("eks")).ingress as {
      subnets: string[];
    };
    const subnetTags = { "kubernetes.io/role/elb": ["1"], tier: ["a", "b"] };
    const given = await objectsWith("eks", {
      ingress: { ...ingress, subnetTags },
    });
    expectFields(find(objects, "IngressClassParams", "keepsake"), [
      ["spec.subnets", { ids: subnets }],
    ]);
    expectFields(find(given, "IngressClassParams", "keepsake"), [
      ["spec.subnets", { tags: subnetTags }],
    ]);
  });

  test("an IPv6 cluster gets a dual-stack load balancer, and its subnets reach web", async () => {
    const { ingress } = await readEnvironment("eks");
    const subnetCidrs = ["2001:db8:0:1::/64"];
    const given = await objectsWith("eks", {
      ingress: { ...ingress, subnetCidrs },
    });
    expect(
      field(
        find(given, "IngressClassParams", "keepsake"),
        "spec.ipAddressType",
      ),
    ).toBe("dualstack");
    expect(
      field(find(given, "NetworkPolicy", "web"), "spec.ingress.0.from"),
    ).toEqual([{ ipBlock: { cidr: subnetCidrs[0] } }]);
    expectFields(find(objects, "IngressClassParams", "keepsake"), [
      ["spec.ipAddressType", undefined],
    ]);
  });

  test.each(["::/0", "0::/0"])(
    "backend that may reach %s reaches no private address and no metadata endpoint",
    async (cidr) => {
      const { models } = await readEnvironment("eks");
      const given = await objectsWith("eks", {
        models: { ...models, egress: [{ cidr, port: 443 }] },
      });
      expectFields(find(given, "NetworkPolicy", "backend"), [
        [
          "spec.egress.1.to.0.ipBlock",
          {
            cidr: "::/0",
            except: expect.arrayContaining([
              "fc00::/7",
              "fe80::/10",
              "64:ff9b::a9fe:0/112",
            ]),
          },
        ],
      ]);
    },
  );

  test.each(["eks", "eks-auto"])("%s serves web below a path", async (name) => {
    const { ingress } = await readEnvironment(name);
    const stickiness = { kind: "app_cookie", durationSeconds: 60 };
    const given = await objectsWith(name, {
      ingress: { ...ingress, stickiness, path: "/chat" },
    });
    expect(settingsOf(given)).toMatchObject({ BASE_PATH: "/chat" });
    expectRoute(given, "/chat");
    expect(annotation("target-group-attributes", given)).toContain(
      "cookie_name=__Secure-keepsake",
    );
    expect(annotation("healthcheck-path", given)).toBe("/readyz");
  });

  test("Traefik serves web below a path, and confines its cookie to it", async () => {
    const { ingress } = await readEnvironment("kind");
    const given = await objectsWith("kind", {
      ingress: { ...ingress, host: "example.com", path: "/chat" },
    });
    expect(settingsOf(given)).toMatchObject({ BASE_PATH: "/chat" });
    expectRoute(given, "/chat");
    expect(find(given, "Service", "web").metadata.annotations).toMatchObject({
      "traefik.ingress.kubernetes.io/service.sticky.cookie.path": "/chat/",
    });
    expect(settingsOf(given, "ingress")).toMatchObject({
      "routes.yaml": expect.stringContaining(
        "Host(`example.com`) && (Path(`/chat`) || PathPrefix(`/chat/`))",
      ),
    });
  });

  test("every option of the load balancer is passed on", async () => {
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
          scopes: ["openid"],
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
      SIGN_IN_CLIENT_ID: "client",
      SIGN_IN_ISSUER: "https://cognito-idp.eu-central-1.amazonaws.com/x",
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

  test("OIDC endpoints and the name of its Secret are passed to the load balancer", async () => {
    const given = await withOidc("eks");
    expect(JSON.parse(annotation("auth-idp-oidc", given) ?? "")).toEqual({
      issuer: "https://id.example.com",
      authorizationEndpoint: "https://id.example.com/authorize",
      tokenEndpoint: "https://id.example.com/token",
      userInfoEndpoint: "https://id.example.com/userinfo",
      secretName: "oidc",
    });
    expect(settingsOf(given)).toMatchObject({
      SIGN_IN_CLIENT_ID: "keepsake",
      SIGN_IN_ISSUER: "https://id.example.com",
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
  ])("%s may read the OIDC Secret and no other", async (_, name, subject) => {
    const given = await withOidc(name);
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
  });

  test("a configured controller account may read the OIDC Secret", async () => {
    const given = await withOidc("eks", { controllerAccount: "aws/alb" });
    expect(find(given, "RoleBinding", "sign-in-secret")["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "alb", namespace: "aws" },
    ]);
  });

  test("no Role exists without OIDC", () => {
    expect(objects.filter(({ kind }) => kind === "Role")).toEqual([]);
  });

  test("autoscaling follows open streams if a target is set", async () => {
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

  test("settings reach their program, and the sweeps share session time-outs with web and the term of the bin with the backend", async () => {
    const given = await objectsWith("eks", {
      settings: {
        web: { SESSION_IDLE_SECONDS: "86400" },
        backend: { LEASE_SECONDS: "6" },
        sweep: { DELETED_CONVERSATION_SECONDS: "604800" },
      },
    });
    expect(settingsOf(given)).toMatchObject({ SESSION_IDLE_SECONDS: "86400" });
    expect(settingsOf(given, "backend")).toMatchObject({
      LEASE_SECONDS: "6",
      DELETED_CONVERSATION_SECONDS: "604800",
    });
    const env = (sweep: string) =>
      field(
        find(given, "CronJob", sweep),
        "spec.jobTemplate.spec.template.spec.containers.0.env",
      );
    const idle = { name: "SESSION_IDLE_SECONDS", value: "86400" };
    expect(env("sweep-sessions")).toContainEqual(idle);
    expect(env("sweep-records")).toContainEqual(idle);
    expect(env("sweep-records")).toContainEqual({
      name: "DELETED_CONVERSATION_SECONDS",
      value: "604800",
    });
  });

  test("a fixed number of replicas is stated and has no autoscaler", async () => {
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

describe("the manifests of eks-auto", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("eks-auto");
  });

  test("the IngressClass is that of EKS Auto Mode", () => {
    expectFields(find(objects, "IngressClass", "keepsake"), [
      ["spec.controller", "eks.amazonaws.com/alb"],
      ["spec.parameters.apiGroup", "eks.amazonaws.com"],
    ]);
    expectFields(find(objects, "IngressClassParams", "keepsake"), [
      ["apiVersion", "eks.amazonaws.com/v1"],
    ]);
  });

  test("dynamic access points belong to the pods' user, and a recreated claim finds its directory", () => {
    expectFields(find(objects, "StorageClass", "keepsake-efs"), [
      ["provisioner", "efs.csi.aws.com"],
      ["mountOptions", ["iam"]],
      ["parameters.provisioningMode", "efs-ap"],
      ["parameters.uid", "1000"],
      ["parameters.gid", "1000"],
      ["parameters.subPathPattern", "${.PVC.namespace}/${.PVC.name}"],
      ["parameters.ensureUniqueDirectory", "false"],
    ]);
  });

  test("DNS queries to the node-local resolver are allowed", () => {
    expect(
      field(find(objects, "NetworkPolicy", "allow-dns"), "spec.egress.0.to"),
    ).toContainEqual({
      ipBlock: { cidr: "169.254.20.10/32" },
    });
  });
});

describe("the manifests of kind", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf("kind");
  });

  test("volumes are existing directories shared by the nodes", () => {
    expectFields(find(objects, "PersistentVolume", "keepsake-sessions"), [
      [
        "spec.hostPath",
        { path: "/var/lib/keepsake/sessions", type: "Directory" },
      ],
      ["spec.claimRef.name", "sessions"],
    ]);
  });

  test("Traefik sets a sticky cookie, and only Traefik reaches web", () => {
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
        podSelector: { matchLabels: selectorOf("ingress") },
      },
    ]);
  });

  test("Traefik reads Secrets of its own namespace alone, and writes only the status of Ingresses", () => {
    const rights = objects
      .filter(({ kind, metadata }) =>
        ["Role", "ClusterRole"].includes(kind)
          ? metadata.labels?.["app.kubernetes.io/component"] === "ingress"
          : false,
      )
      .flatMap(({ kind, metadata, rules }) =>
        (rules as { resources: string[]; verbs: string[] }[]).flatMap(
          ({ resources, verbs }) =>
            resources.map((resource) => ({
              kind,
              in: metadata.namespace,
              resource,
              verbs,
            })),
        ),
      );
    expect(rights.filter(({ resource }) => resource === "secrets")).toEqual([
      {
        kind: "Role",
        in: "keepsake",
        resource: "secrets",
        verbs: ["get", "list", "watch"],
      },
    ]);
    const READ = new Set(["get", "list", "watch"]);
    expect(
      rights.filter(({ verbs }) => verbs.some((verb) => !READ.has(verb))),
    ).toEqual([
      {
        kind: "Role",
        in: "keepsake",
        resource: "ingresses/status",
        verbs: ["update"],
      },
    ]);
  });

  test("Traefik connects to web and, on the API server's ports, to the blocks of the environment", async () => {
    const { ingress } = await readEnvironment("kind");
    if (ingress.kind !== "traefik") throw new Error("kind has no Traefik");
    const narrowed = await objectsWith("kind", {
      ingress: { ...ingress, apiServerCidrs: ["172.18.0.2/32"] },
    });
    expect(
      field(find(narrowed, "NetworkPolicy", "ingress"), "spec.egress"),
    ).toEqual([
      {
        ports: [{ port: 8080, protocol: "TCP" }],
        to: [{ podSelector: { matchLabels: selectorOf("web") } }],
      },
      {
        ports: [
          { port: 443, protocol: "TCP" },
          { port: 6443, protocol: "TCP" },
        ],
        to: [{ ipBlock: { cidr: "172.18.0.2/32" } }],
      },
    ]);
  });

  test("Traefik dials a pod for 1 s, then sends the request to another", () => {
    const traefik = find(objects, "Deployment", "traefik");
    expect(field(traefik, `${container}.args`)).toEqual(
      expect.arrayContaining([
        "--providers.file.filename=/etc/keepsake/routes.yaml",
        "--serverstransport.forwardingtimeouts.dialtimeout=1s",
      ]),
    );
    const routes = settingsOf(objects, "ingress") as Record<string, string>;
    expect(parse(routes["routes.yaml"] ?? "")).toMatchObject({
      http: {
        routers: { web: { rule: "PathPrefix(`/`)", service: "web" } },
        services: {
          web: {
            failover: {
              service: "keepsake-web-http@kubernetes",
              fallback: "any-pod",
              errors: { status: ["502", "504"] },
            },
          },
          "any-pod": {
            loadBalancer: {
              servers: [{ url: "http://web.keepsake.svc.cluster.local.:8080" }],
            },
          },
        },
      },
    });
  });

  test("Traefik is ready when web's route is loaded, also without web pods", () => {
    const traefik = find(objects, "Deployment", "traefik");
    expect(field(traefik, `${container}.args`)).toEqual(
      expect.arrayContaining([
        "--ping.manualrouting=true",
        "--providers.kubernetesingress.allowemptyservices=true",
      ]),
    );
    const routes = settingsOf(objects, "ingress") as Record<string, string>;
    expect(parse(routes["routes.yaml"] ?? "")).toMatchObject({
      http: {
        routers: {
          ping: {
            entryPoints: ["ping"],
            rule: "Path(`/ping`)",
            priority: 1_000,
            service: "ping",
          },
        },
        services: {
          ping: {
            weighted: {
              services: [
                { name: "ping@internal", weight: 1 },
                { name: "web", weight: 0 },
              ],
            },
          },
        },
      },
    });
  });
});

const policies = (objects: Manifest[]) =>
  objects.filter(({ kind }) => kind === "NetworkPolicy");

describe("TLS inside the cluster", () => {
  const tls = {
    web: { secretName: "web-tls" },
    backend: { secretName: "backend-tls" },
  };
  const probes = ["startup", "liveness", "readiness"].map(
    (kind) => `${container}.${kind}Probe.httpGet.scheme`,
  );

  test.each(environmentNames())("is off by default in %s", async (name) => {
    const text = JSON.stringify(await objectsOf(name));
    expect(text).not.toMatch(/TLS_|"HTTPS"\}|backend-authority/);
  });

  test("web and backend serve HTTPS, with files that follow their Secrets", async () => {
    const objects = await objectsWith("eks", { tls });
    for (const component of ["web", "backend"] as const) {
      const deployment = find(objects, "Deployment", component);
      expectFields(deployment, [
        ...probes.map((at): Expected => [at, "HTTPS"]),
        // Nothing else of the drain changes.
        [`${container}.lifecycle.preStop.sleep.seconds`, 10],
        [`${pod}.terminationGracePeriodSeconds`, 45],
      ]);
      const volumes = field(deployment, `${pod}.volumes`) as object[];
      expect(volumes).toContainEqual({
        name: "certificate",
        secret: {
          secretName: `${component}-tls`,
          defaultMode: 0o444,
          items: [
            { key: "tls.crt", path: "tls.crt" },
            { key: "tls.key", path: "tls.key" },
          ],
        },
      });
      // Web gets the authority of the backend's certificate, and not its key.
      expect(volumes).toContainEqual({
        name: "backend-authority",
        secret: {
          secretName: "backend-tls",
          defaultMode: 0o444,
          items: [{ key: "ca.crt", path: "ca.crt" }],
        },
      });
      const mounts = field(deployment, `${container}.volumeMounts`) as {
        subPath?: string;
      }[];
      // A file that is mounted by itself is never renewed.
      expect(mounts.filter(({ subPath }) => subPath)).toEqual([]);
      expect(settingsOf(objects, component)).toMatchObject({
        TLS_CERTIFICATE_FILE: "/run/secrets/certificate/tls.crt",
        TLS_KEY_FILE: "/run/secrets/certificate/tls.key",
        BACKEND_CA_FILE: "/run/secrets/backend-authority/ca.crt",
        BACKEND_CERTIFICATE_NAME: "backend.keepsake.svc",
      });
      expectFields(find(objects, "Service", component), [
        ["spec.ports.0.name", "http"],
        ["spec.ports.0.appProtocol", "https"],
        ["spec.ports.1.appProtocol", "http"],
      ]);
    }
    expect(settingsOf(objects)).toMatchObject({
      BACKEND_URL: "https://backend.keepsake.svc.cluster.local.:8081",
    });
    const env = field(
      find(objects, "Deployment", "backend"),
      `${container}.env`,
    );
    expect(env).toContainEqual({
      name: "ADVERTISED_URL",
      value: "https://$(POD_IP):8081",
    });
  });

  test.each([
    [
      { configMapName: "authorities" },
      { configMap: expect.objectContaining({ name: "authorities" }) as object },
    ],
    [
      { secretName: "authorities" },
      {
        secret: expect.objectContaining({
          secretName: "authorities",
        }) as object,
      },
    ],
  ])("the authority can come from %j", async (authority, source) => {
    const objects = await objectsWith("eks", {
      tls: { backend: { ...tls.backend, authority } },
    });
    for (const component of ["web", "backend"] as const) {
      const deployment = find(objects, "Deployment", component);
      const volumes = field(deployment, `${pod}.volumes`) as {
        name: string;
      }[];
      expect(
        volumes.filter(({ name }) => name === "backend-authority"),
      ).toMatchObject([source]);
    }
  });

  test("the load balancer reaches and checks web by HTTPS", async () => {
    const objects = await objectsWith("eks", { tls });
    const { annotations } = find(objects, "Ingress", "web").metadata;
    expect(annotations).toMatchObject({
      "alb.ingress.kubernetes.io/backend-protocol": "HTTPS",
      "alb.ingress.kubernetes.io/healthcheck-protocol": "HTTPS",
      "alb.ingress.kubernetes.io/healthcheck-path": "/readyz",
      "alb.ingress.kubernetes.io/healthcheck-port": "traffic-port",
    });
  });

  test("the network policies are the same", async () => {
    expect(policies(await objectsWith("eks", { tls }))).toEqual(
      policies(await objectsWith("eks", {})),
    );
  });

  test("each side can be encrypted alone", async () => {
    const web = await objectsWith("eks", { tls: { web: tls.web } });
    expect(settingsOf(web)).toMatchObject({
      BACKEND_URL: expect.stringMatching(/^http:/) as string,
      TLS_KEY_FILE: expect.any(String) as string,
    });
    expect(settingsOf(web, "backend")).not.toHaveProperty("TLS_KEY_FILE");
    const backend = await objectsWith("kind", {
      tls: { backend: { ...tls.backend, name: "backend.example.com" } },
    });
    expect(settingsOf(backend)).toMatchObject({
      BACKEND_CERTIFICATE_NAME: "backend.example.com",
    });
    expect(settingsOf(backend)).not.toHaveProperty("TLS_KEY_FILE");
  });
});
