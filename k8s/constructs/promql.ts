import {
  type MetricDefinition,
  metricDefinitions,
  PROBE_ROUTES,
} from "../../app/core/runtime/metric-definitions";

/** Labels that every series has from the target that it was read from. */
type TargetLabel = "namespace" | "pod";

/** What a label must be: exactly this, or (not) matching a regular expression as a whole. */
type Matcher = string | { matching: string } | { otherThan: readonly string[] };

/** The label matchers of a selector, by the labels that a metric has. */
export type Matchers<Label extends string> = Partial<
  Record<Label | TargetLabel, Matcher>
>;

/** Selects series of one of Keepsake's metrics, in this order of labels. */
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

/** How much a counter's series grow each second over a window, all together. */
export const rateOf = (selector: string, window: string) =>
  `sum(rate(${selector}[${window}]))`;

/** What visitors ask for: the cluster's probes say nothing of how they fare, and are most of a quiet night's requests. */
export const visitors = (namespace: string) => ({
  namespace,
  route: { otherThan: Object.values(PROBE_ROUTES) },
});

/** The number of requests of visitors. @param status A regular expression of those that count. */
export const visits = (namespace: string, status?: string) =>
  series(
    metricDefinitions.requests,
    {
      ...visitors(namespace),
      ...(status === undefined ? {} : { status: { matching: status } }),
    },
    "_count",
  );
