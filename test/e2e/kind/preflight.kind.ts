import {
  apply,
  containerSecurity,
  eventually,
  inNode,
  kubectl,
  podSecurity,
  restore,
  settings,
  inLongForm,
} from "./support/cluster";
import { preflight, type Report } from "./support/preflight";

const notWell = ({ findings }: Report) =>
  findings.filter(({ status }) => status === "failure" || status === "warning");

/** The only finding. @throws Error with all findings, if there are several. */
function onlyFinding(report: Report) {
  const found = notWell(report);
  expect(found).toHaveLength(1);
  return found[0]!;
}

const hasMetrics = async () =>
  (
    await kubectl(
      "get",
      "hpa",
      "-o",
      `jsonpath={.items[*].status.conditions[?(@.type=="ScalingActive")].status}`,
    )
  ).split(" ");

beforeAll(() =>
  eventually(
    "the autoscalers have their metrics",
    async () => (await hasMetrics()).every((status) => status === "True"),
    180,
  ),
);

it("preflight passes on kind", async () => {
  const report = await preflight();
  // The speed of a machine's disk and DNS at this moment is not under test.
  const timed = ["storage-latency", "backend-name"];
  expect(
    notWell(report).filter(
      ({ check, status }) => status === "failure" || !timed.includes(check),
    ),
  ).toEqual([]);
  expect(report.status).toBe(0);
  const seen = report.findings
    .filter(({ status }) => status !== "skipped")
    .map(({ check }) => check);
  expect(seen).toEqual(
    expect.arrayContaining([
      "shared-volume",
      "exclusive-names",
      "storage-latency",
      "clocks",
      "backend-name",
      "model",
      "stickiness",
      "buffering",
      "idle-timeout",
      "drain",
      "autoscaling",
    ]),
  );
});

const withoutStickiness = () =>
  kubectl(
    "annotate",
    "service",
    "web",
    // Each of these annotations alone keeps Traefik sticky.
    ...["", ".name", ".httponly", ".samesite"].map(
      (part) => `traefik.ingress.kubernetes.io/service.sticky.cookie${part}-`,
    ),
  );

/** Changes web's pods in one revision, which `rollout undo` reverts. */
const changeWeb = (spec: object) =>
  kubectl(
    "patch",
    "deployment",
    "web",
    "--type=strategic",
    "-p",
    JSON.stringify({ spec: { template: { spec } } }),
  );

const WRONG_NAME = {
  containers: [
    {
      name: "web",
      env: [
        {
          name: "BACKEND_URL",
          value: "http://back-end.keepsake.svc.cluster.local.:8081",
        },
      ],
    },
  ],
};
const SHORT_GRACE = { terminationGracePeriodSeconds: 15 };

async function undoWeb(): Promise<void> {
  await kubectl("rollout", "undo", "deployment/web");
  await restore();
}

const setMetrics = (replicas: 0 | 1) =>
  kubectl(
    "--namespace",
    "kube-system",
    "scale",
    "deployment/metrics-server",
    `--replicas=${replicas}`,
  );

const metricsAreMissed = () =>
  eventually(
    "the autoscalers have noticed",
    async () => (await hasMetrics()).every((status) => status === "False"),
    180,
  );

inLongForm("one fault at a time", () => {
  it("finds an ingress without sticky sessions", async () => {
    await withoutStickiness();
    try {
      const found = await eventually("Traefik has noticed", async () => {
        const report = await preflight("--only", "stickiness");
        return notWell(report).length > 0 && onlyFinding(report);
      });
      expect(found.seen).toMatch(/A visitor with cookies reached \d pods/);
    } finally {
      await restore();
    }
  });
});

/** A proxy between preflight and the ingress. `MODE` selects its fault. */
const PROXY = `
  const http = require("node:http");
  http.createServer((incoming, outgoing) => {
    const { method, headers, url } = incoming;
    const passed = http.request("http://traefik" + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      const held = [];
      if (process.env.MODE === "idle") answer.socket.setTimeout(5000, () => outgoing.destroy());
      answer.on("error", () => outgoing.destroy());
      answer.on("data", (chunk) => process.env.MODE === "buffer" ? held.push(chunk) : outgoing.write(chunk));
      answer.on("end", () => outgoing.end(Buffer.concat(held)));
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  }).listen(8080);
`;

async function withProxy<T>(
  mode: string,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const name = `proxy-${mode}`;
  const labels = { app: name };
  const metadata = { name, labels };
  await apply(
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ port: 8080 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{}],
        egress: [{}],
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: {
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        securityContext: podSecurity,
        containers: [
          {
            name: "main",
            image: settings.image,
            imagePullPolicy: "IfNotPresent",
            command: ["node", "-e", PROXY],
            env: [{ name: "MODE", value: mode }],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            securityContext: containerSecurity,
          },
        ],
      },
    },
  );
  try {
    await kubectl(
      "wait",
      "--for=condition=Ready",
      `pod/${name}`,
      "--timeout=60s",
    );
    return await use(`http://${name}.keepsake.svc:8080`);
  } finally {
    await kubectl("delete", "pod,service,networkpolicy", name, "--wait=false");
  }
}

it("finds a proxy that buffers", async () => {
  const report = await withProxy("buffer", (url) =>
    preflight("--url", url, "--only", "buffering"),
  );
  expect(report.status).toBe(1);
  expect(onlyFinding(report).todo).toContain("buffering");
});

it("finds an idle time-out that is too short", async () => {
  const report = await withProxy("idle", (url) =>
    preflight("--url", url, "--only", "idle-timeout"),
  );
  expect(report.status).toBe(1);
  expect(onlyFinding(report).seen).toMatch(/silent stream was cut after \d/);
});

it("finds a volume that the nodes do not share", async () => {
  const node = `${settings.cluster}-worker2`;
  const own = "/var/lib/keepsake";
  await inNode(
    node,
    `mount -t tmpfs tmpfs ${own} && mkdir ${own}/sessions ${own}/records && chown 1000:1000 ${own}/*`,
  );
  try {
    const report = await preflight("--only", "shared-volume");
    expect(report.status).toBe(1);
    expect(notWell(report).map(({ seen }) => seen)).toEqual([
      expect.stringMatching(
        /^SESSION_DIRECTORY: 2 pods run.* The volume is not shared between nodes\.$/,
      ),
      expect.stringMatching(
        /^DATA_DIRECTORY: 2 pods run.* The volume is not shared between nodes\.$/,
      ),
    ]);
  } finally {
    await inNode(node, `umount ${own}`);
  }
});

inLongForm("one fault after the other", () => {
  it("finds a wrong name of the backend", async () => {
    await changeWeb(WRONG_NAME);
    try {
      const report = await preflight("--only", "backend-name");
      expect(report.status).toBe(1);
      expect(onlyFinding(report).seen).toContain(
        "back-end.keepsake.svc.cluster.local. does not resolve",
      );
    } finally {
      await undoWeb();
    }
  });

  it("finds missing metrics", async () => {
    await setMetrics(0);
    try {
      await metricsAreMissed();
      const report = await preflight("--only", "autoscaling");
      expect(report.status).toBe(1);
      expect(notWell(report)[0]?.todo).toContain("metrics-server");
    } finally {
      await setMetrics(1);
    }
  });

  it("finds a grace period that is too short", async () => {
    await changeWeb(SHORT_GRACE);
    try {
      const report = await preflight("--only", "drain");
      expect(report.status).toBe(1);
      expect(onlyFinding(report).seen).toMatch(
        /^web: .* exceed its grace period of 15 s\.$/,
      );
    } finally {
      await undoWeb();
    }
  });
});

// The same faults all at once, to save time in CI.
if (settings.short) {
  it("finds faults of the ingress, the backend's name, the metrics and the grace period at once", async () => {
    await setMetrics(0);
    await withoutStickiness();
    await changeWeb({ ...WRONG_NAME, ...SHORT_GRACE });
    try {
      await metricsAreMissed();
      const wrong = ["autoscaling", "backend-name", "drain", "stickiness"];
      const report = await eventually("Traefik has noticed", async () => {
        const seen = await preflight("--only", wrong.join(","));
        const checks = new Set(notWell(seen).map(({ check }) => check));
        return wrong.every((check) => checks.has(check)) && seen;
      });
      expect(report.status).toBe(1);
      const all = notWell(report)
        .map(({ seen, todo }) => `${seen} ${todo}`)
        .join("\n");
      expect(all).toContain("metrics-server");
      expect(all).toContain(
        "back-end.keepsake.svc.cluster.local. does not resolve",
      );
      expect(all).toContain("exceed its grace period of 15 s.");
      expect(all).toMatch(/A visitor with cookies reached \d pods/);
    } finally {
      await setMetrics(1);
      await undoWeb();
    }
  });
}
