import { manifests } from "../../k8s/keepsake";
import { parseEnvironment } from "../../k8s/schema/read-environment";
import {
  field,
  find,
  type Manifest,
  parseManifests,
} from "./support/manifests";
import { NEEDS } from "./support/needs";

const synthesized = new Map<string, Manifest[]>();

function objectsOf(name: string): Manifest[] {
  const known = synthesized.get(name);
  if (known) return known;
  const need = NEEDS.find((one) => one.name === name);
  const objects = parseManifests(manifests(parseEnvironment(need)));
  synthesized.set(name, objects);
  return objects;
}

const annotation = (objects: Manifest[], name: string) =>
  find(objects, "Ingress", "web").metadata.annotations?.[
    `alb.ingress.kubernetes.io/${name}`
  ];

const params = (objects: Manifest[]) =>
  objects.find(({ kind }) => kind === "IngressClassParams");

const TEMPLATES = [
  ["Deployment", "web", "spec.template"],
  ["Deployment", "backend", "spec.template"],
  ["CronJob", "sweep-sessions", "spec.jobTemplate.spec.template"],
  ["CronJob", "sweep-records", "spec.jobTemplate.spec.template"],
] as const;

describe("fields for needs of one's own", () => {
  test.each(TEMPLATES)(
    "pods of the %s %s go to the nodes that an environment names, with its labels",
    (kind, name, at) => {
      const pod = field(find(objectsOf("tainted-nodes"), kind, name), at);
      expect(field(pod, "spec")).toMatchObject({
        nodeSelector: { "kubernetes.io/arch": "arm64" },
        affinity: { nodeAffinity: expect.anything() as object },
        imagePullSecrets: [{ name: "registry" }],
      });
      expect(field(pod, "spec.tolerations")).toContainEqual({
        key: "dedicated",
        operator: "Equal",
        value: "chat",
        effect: "NoSchedule",
      });
      expect(field(pod, "metadata")).toMatchObject({
        labels: {
          "example.com/team": "chat",
          "app.kubernetes.io/name": "keepsake",
        },
        annotations: { "karpenter.sh/do-not-disrupt": "false" },
      });
    },
  );

  test("a toleration of an environment replaces the charts' own of the same key", () => {
    const web = find(objectsOf("tainted-nodes"), "Deployment", "web");
    const tolerations = field(web, "spec.template.spec.tolerations") as {
      key: string;
      tolerationSeconds?: number;
    }[];
    expect(
      tolerations.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    ).toEqual([
      ["node.kubernetes.io/not-ready", 30],
      ["dedicated", undefined],
      ["node.kubernetes.io/unreachable", 120],
    ]);
  });

  test("backend mounts the file of an authority that its models are trusted by", () => {
    const objects = objectsOf("vllm-in-cluster");
    const spec = field(
      find(objects, "Deployment", "backend"),
      "spec.template.spec",
    );
    expect(field(spec, "volumes")).toContainEqual(
      expect.objectContaining({
        name: "authority",
        configMap: expect.objectContaining({ name: "authority" }) as object,
      }),
    );
    expect(field(spec, "containers.0.volumeMounts")).toContainEqual({
      name: "authority",
      mountPath: "/etc/authority",
      readOnly: true,
    });
  });

  test("backend reaches models in pods of another namespace, and nothing else there", () => {
    const policy = find(
      objectsOf("vllm-in-cluster"),
      "NetworkPolicy",
      "backend",
    );
    expect(field(policy, "spec.egress.1")).toEqual({
      to: [
        {
          namespaceSelector: {
            matchLabels: { "kubernetes.io/metadata.name": "models" },
          },
          podSelector: { matchLabels: { app: "vllm" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 8000 }],
    });
    expect(field(policy, "spec.egress.length")).toBe(2);
  });

  test("a shared load balancer is joined in the order that an environment names", () => {
    const objects = objectsOf("shared-alb");
    expect(field(params(objects), "spec.group")).toEqual({ name: "public" });
    expect(annotation(objects, "group.order")).toBe("20");
  });

  test("a load balancer has the logs, protection, capacity and attributes of its environment", () => {
    const objects = objectsOf("shared-alb");
    const attributes = field(
      params(objects),
      "spec.loadBalancerAttributes",
    ) as { key: string; value: string }[];
    expect(
      Object.fromEntries(attributes.map(({ key, value }) => [key, value])),
    ).toMatchObject({
      "access_logs.s3.prefix": "access",
      "connection_logs.s3.enabled": "true",
      "connection_logs.s3.bucket": "logs-of-load-balancers",
      "connection_logs.s3.prefix": "connections",
      "routing.http.xff_client_port.enabled": "true",
    });
    expect(annotation(objects, "shield-advanced-protection")).toBe("true");
    expect(annotation(objects, "minimum-load-balancer-capacity")).toBe(
      "CapacityUnits=500",
    );
  });

  test("further annotations of the Ingress stay beside the charts' own", () => {
    const { annotations } = find(
      objectsOf("shared-alb"),
      "Ingress",
      "web",
    ).metadata;
    expect(annotations).toMatchObject({
      "external-dns.alpha.kubernetes.io/ttl": "60",
      "alb.ingress.kubernetes.io/target-type": "ip",
    });
  });

  test("only the clients that an environment lists reach the load balancer", () => {
    expect(annotation(objectsOf("private-subnets"), "inbound-cidrs")).toBe(
      "10.0.0.0/8",
    );
  });

  test("the load balancer's own security groups get rules at the nodes", () => {
    const objects = objectsOf("own-security-groups");
    expect(annotation(objects, "security-groups")).toBe(
      "sg-0123456789abcdef0,sg-0123456789abcdef1",
    );
    expect(annotation(objects, "manage-backend-security-group-rules")).toBe(
      "true",
    );
  });

  test("the load balancer has the address type of its environment", () => {
    expect(field(params(objectsOf("ipv6")), "spec.ipAddressType")).toBe(
      "dualstack-without-public-ipv4",
    );
  });

  test("sign-in asks for the scopes of its environment", () => {
    expect(annotation(objectsOf("oidc"), "auth-scope")).toBe(
      "openid profile offline_access",
    );
  });

  test.each([
    ["ServiceMonitor", "web"],
    ["ServiceMonitor", "backend"],
    ["PrometheusRule", "keepsake"],
  ])(
    "the %s %s has the labels by which Prometheus selects it",
    (kind, name) => {
      const object = find(objectsOf("prometheus-operator"), kind, name);
      expect(object.metadata.labels).toMatchObject({
        release: "kube-prometheus-stack",
        "app.kubernetes.io/name": "keepsake",
      });
    },
  );

  test("a Gateway's route sends everything to web, without a limit of time", () => {
    const objects = objectsOf("gateway");
    const route = find(objects, "HTTPRoute", "web");
    expect(route["spec"]).toEqual({
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: "public",
          namespace: "gateways",
          sectionName: "https",
        },
      ],
      hostnames: ["chat.example.com"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          backendRefs: [
            { group: "", kind: "Service", name: "web", port: 8080, weight: 1 },
          ],
          timeouts: { request: "0s" },
          sessionPersistence: {
            type: "Cookie",
            sessionName: "keepsake-pod",
            cookieConfig: { lifetimeType: "Session" },
          },
        },
      ],
    });
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds).not.toContain("Ingress");
    expect(kinds).not.toContain("IngressClass");
  });

  test("only the proxies of a Gateway reach web, which outlives their idle connections", () => {
    const objects = objectsOf("gateway");
    const policy = find(objects, "NetworkPolicy", "web");
    expect(field(policy, "spec.ingress.0")).toEqual({
      from: [
        {
          namespaceSelector: {
            matchLabels: { "kubernetes.io/metadata.name": "gateways" },
          },
          podSelector: { matchLabels: { "app.kubernetes.io/name": "envoy" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 8080 }],
    });
    const settings = objects.find(({ metadata }) =>
      /^web-[0-9a-f]{10}$/.test(metadata.name),
    );
    expect(settings?.["data"]).toMatchObject({
      KEEP_ALIVE_SECONDS: "135",
      ALLOWED_HOSTS: "chat.example.com",
    });
  });

  test("no path is the whole host", () => {
    const web = objectsOf("gateway").find(
      ({ kind, metadata }) =>
        kind === "ConfigMap" && metadata.name.startsWith("web-"),
    );
    expect(field(web!, "data.BASE_PATH")).toBeUndefined();
  });

  test("an existing namespace keeps its labels, quota and limits", () => {
    const kinds = objectsOf("existing-namespace").map(({ kind }) => kind);
    expect(kinds).not.toContain("Namespace");
    expect(kinds).not.toContain("ResourceQuota");
    expect(kinds).not.toContain("LimitRange");
  });

  test("pods of others in an existing namespace keep their traffic and images", () => {
    const objects = objectsOf("existing-namespace");
    const own = { matchLabels: { "app.kubernetes.io/name": "keepsake" } };
    for (const name of ["default-deny", "allow-dns"]) {
      const policy = find(objects, "NetworkPolicy", name);
      expect(field(policy, "spec.podSelector")).toEqual(own);
    }
    const binding = (name: string) =>
      field(
        find(
          objects,
          "ValidatingAdmissionPolicyBinding",
          `existing-namespace-${name}`,
        ),
        "spec.matchResources.objectSelector",
      );
    expect(binding("images")).toEqual(own);
    // No pod but their owners' may write to the claims.
    expect(binding("claims")).toEqual({});
  });
});
