import {
  type MetricDefinition,
  metricDefinitions,
  PROBE_ROUTES,
} from "../../app/core/runtime/metric-definitions";

/** Labels that Prometheus adds to every series of a target. */
type TargetLabel = "namespace" | "pod";

/** An exact value, or a regular expression that the whole value must (not) match. */
type Matcher = string | { matching: string } | { otherThan: readonly string[] };

export type Matchers<Label extends string> = Partial<
  Record<Label | TargetLabel, Matcher>
>;

/** A selector of one metric's series. */
export function series<Label extends string>(
  { name }: MetricDefinition<Label>,
  matchers: Matchers<Label>,
  suffix: "" | "_count" | "_bucket" = "",
): string {
  const all = Object.entries<Matcher>(matchers as Record<string, Matcher>);
  return `${name}${suffix}{${all.map(written).join(",")}}`;
}

function written([label, matcher]: [string, Matcher]): string {
  if (typeof matcher === "string") return `${label}="${matcher}"`;
  return "matching" in matcher
    ? `${label}=~"${matcher.matching}"`
    : `${label}!~"${matcher.otherThan.join("|")}"`;
}

/** The sum of a counter's rates per second over a window. */
export const rateOf = (selector: string, window: string) =>
  `sum(rate(${selector}[${window}]))`;

/** Excludes the cluster's probes, which say nothing about visitors. */
export const visitors = (namespace: string) => ({
  namespace,
  route: { otherThan: Object.values(PROBE_ROUTES) },
});

/** Visitors' requests. @param status A regular expression of the status codes to count. */
export const visits = (namespace: string, status?: string) =>
  series(
    metricDefinitions.requests,
    {
      ...visitors(namespace),
      ...(status === undefined ? {} : { status: { matching: status } }),
    },
    "_count",
  );
