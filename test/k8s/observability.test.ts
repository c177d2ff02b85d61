import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { metricDefinitions } from "../../app/core/runtime/metric-definitions";
import { environmentNames } from "../../k8s/schema/read-environment";
import { alerts } from "../../k8s/constructs/alerts";
import { dashboard } from "../../k8s/constructs/dashboard";
import {
  EKS_IN_FULL,
  field,
  find,
  type Manifest,
  objectsOf,
} from "./support/manifests";

const root = path.join(__dirname, "../..");
const all = alerts("keepsake").map((alert) => [alert.name, alert] as const);

/** Syntax errors, by Prometheus' own grammar of PromQL. */
async function errorsIn(expression: string): Promise<string[]> {
  const { parser } = await import("@prometheus-io/lezer-promql");
  const errors: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError)
        errors.push(`at ${from}: ${expression.slice(from, to + 20)}`);
    },
  });
  return errors;
}

interface Target {
  expr: string;
}

interface Placed {
  id: number;
  gridPos: { x: number; y: number; w: number; h: number };
}

const targets = (
  dashboard("keepsake") as { panels: { targets: Target[] }[] }
).panels.flatMap((panel) => panel.targets.map(({ expr }) => expr));

describe("alerts", () => {
  test.each(all)(
    "the expression of the alert %s is valid PromQL",
    async (_, { expression }) => {
      expect(await errorsIn(expression)).toEqual([]);
    },
  );

  test.each(all)("the alert %s has a runbook entry with a remedy", (name) => {
    const runbooks = readFileSync(path.join(root, "docs/runbooks.md"), "utf8");
    const paragraph =
      runbooks.split(`### ${name}\n`)[1]?.split("\n##")[0] ?? "";
    expect(paragraph.trim().length).toBeGreaterThan(100);
  });

  test("a budget alert measures a long window and a short one", () => {
    const fast = all.find(([name]) => name === "KeepsakePagesFailFast")?.[1];
    expect(fast?.expression).toMatch(
      /\[1h\].* > 14\.4 \* 0\.001 and .*\[5m\].* > 14\.4 \* 0\.001$/,
    );
    expect(fast?.severity).toBe("page");
  });
});

test("invalid PromQL is reported", async () => {
  expect(await errorsIn("sum(rate(x[5m]) > ")).not.toEqual([]);
});

describe("the dashboard", () => {
  test.each(targets)(
    "the dashboard's query %s is valid PromQL",
    async (expression) => {
      expect(
        await errorsIn(expression.replaceAll("$__rate_interval", "5m")),
      ).toEqual([]);
    },
  );

  test("no two panels overlap, and all are inside Grafana's grid of 24 columns", () => {
    const { panels } = dashboard("keepsake") as { panels: Placed[] };
    const taken = new Set<string>();
    for (const { x, y, w, h } of panels.map(({ gridPos }) => gridPos)) {
      expect(x + w).toBeLessThanOrEqual(24);
      for (let cell = 0; cell < w * h; cell++) {
        const place = `${x + (cell % w)},${y + Math.floor(cell / w)}`;
        expect(taken).not.toContain(place);
        taken.add(place);
      }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  test("the dashboard is stored in the cluster in the form that Grafana reads", async () => {
    const map = find(await objectsOf("eks"), "ConfigMap", "keepsake-dashboard");
    expect(map.metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    const data = map["data"] as Record<string, string>;
    expect(JSON.parse(data["keepsake.json"] ?? "")).toEqual(
      dashboard("keepsake"),
    );
  });
});

describe("log searches in the runbook", () => {
  const runbooks = readFileSync(path.join(root, "docs/runbooks.md"), "utf8");
  const searches = [...runbooks.matchAll(/\| (grep -E '[^']+')$/gm)].map(
    ([, command]) => command!,
  );

  /** The levels of the log lines that a command keeps, out of every level. */
  const kept = (command: string) =>
    execFileSync("sh", ["-c", `node -e "$1" | ${command}`, "sh", WRITE_LINES], {
      cwd: root,
      encoding: "utf8",
    })
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { level: string }).level);
  const WRITE_LINES = `
    require("./test/support/typescript.js");
    const { createLog } = require("./app/core/runtime/log.ts");
    const lines = createLog("trace", { role: "web" });
    for (const level of ["fatal", "error", "warn", "info", "debug"])
      lines[level]({ error: new Error("level: error") }, "it failed");
  `;

  test("the runbook has two log searches", () =>
    expect(searches).toHaveLength(2));

  test.each(searches)(
    "the runbook's %s finds the lines of faults, and no others",
    (search) => {
      expect(kept(search)).toEqual(["fatal", "error"]);
    },
  );
});

describe("metrics in alerts, dashboard and autoscaling", () => {
  const asked = new Set(
    [...all.map(([, { expression }]) => expression), ...targets]
      .join(" ")
      .match(/keepsake_[a-z_]+/g)
      ?.map((name) => name.replace(/_(bucket|count|sum)$/, "")),
  );
  const known = Object.entries(metricDefinitions);

  test("every queried metric is defined", () => {
    const names = known.map(([, { name }]) => name) as string[];
    expect([...asked].filter((name) => !names.includes(name))).toEqual([]);
  });

  test.each(known)(
    "the metric %s is recorded by the definition's module",
    (key) => {
      const places = execFileSync(
        "grep",
        ["-rlE", `\\.\\.\\.metricDefinitions\\.${key}\\b`, "app"],
        { cwd: root, encoding: "utf8" },
      );
      expect(places.trim().split("\n")).toHaveLength(1);
    },
  );
});

describe("the Prometheus operator", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await objectsOf(EKS_IN_FULL);
  });

  test.each(["web", "backend"])(
    "the Prometheus operator finds the metrics of %s",
    (component) => {
      const { spec } = find(objects, "ServiceMonitor", component);
      expect(spec).toEqual({
        endpoints: [{ interval: "30s", path: "/metrics", port: "metrics" }],
        selector: {
          matchLabels: {
            "app.kubernetes.io/name": "keepsake",
            "app.kubernetes.io/component": component,
          },
        },
      });
      const service = find(objects, "Service", component);
      expect(field(service, "spec.ports.1.name")).toBe("metrics");
    },
  );

  test("the Prometheus operator gets every alert, with its link", () => {
    const rules = field(
      find(objects, "PrometheusRule", "keepsake"),
      "spec.groups.0.rules",
    ) as {
      alert: string;
      annotations: { runbook_url: string };
    }[];
    expect(rules.map(({ alert }) => alert)).toEqual(all.map(([name]) => name));
    expect(rules[0]?.annotations.runbook_url).toBe(
      "docs/runbooks.md#keepsakepagesfailfast",
    );
  });
});

test.each(environmentNames())(
  "%s needs no kind of the Prometheus operator, which clusters may lack",
  async (name) => {
    const objects = await objectsOf(name);
    expect(
      objects.filter(({ apiVersion }) => apiVersion.includes("coreos")),
    ).toEqual([]);
  },
);

test("pods advertise their metrics without the Prometheus operator", async () => {
  const web = find(await objectsOf("kind"), "Deployment", "web");
  expect(field(web, "spec.template.metadata.annotations")).toMatchObject({
    "prometheus.io/scrape": "true",
    "prometheus.io/port": "9090",
    "prometheus.io/path": "/metrics",
  });
});
