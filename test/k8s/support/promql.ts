type PromQL = typeof import("@prometheus-io/lezer-promql", {
  with: { "resolution-mode": "import" },
});
type SyntaxNode = ReturnType<PromQL["parser"]["parse"]>["topNode"];

/** A series at one moment. A counter's value is its growth per second, constant over time. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

type Element = Pick<Sample, "labels" | "value">;
type Value = number | Element[];

/** The result of `time()`, in seconds. */
export const NOW = 2_000_000_000;

/**
 * Evaluates an expression against samples as Prometheus does, as far as the alerts use PromQL.
 * @returns The remaining elements; an alert fires if there are any.
 * @throws Error naming unsupported syntax.
 */
export async function evaluate(
  expression: string,
  samples: Sample[],
): Promise<Element[]> {
  const { parser } = await import("@prometheus-io/lezer-promql");
  const top = parser.parse(expression).topNode.firstChild!;
  const value = new Evaluation(expression, samples).of(top);
  return typeof value === "number" ? [{ labels: {}, value }] : value;
}

class Evaluation {
  constructor(
    private readonly expression: string,
    private readonly samples: Sample[],
  ) {}

  of(node: SyntaxNode): Value {
    switch (node.name) {
      case "NumberDurationLiteral":
        return Number(this.text(node));
      case "ParenExpr":
        return this.of(node.firstChild!);
      case "VectorSelector":
        return this.selected(node);
      case "BinaryExpr":
        return this.binary(node);
      case "AggregateExpr":
        return this.sum(node);
      case "FunctionCall":
        return this.call(node);
      default:
        throw new Error(`${node.name} in ${this.expression} is not known`);
    }
  }

  private text = ({ from, to }: SyntaxNode) => this.expression.slice(from, to);

  private vector(node: SyntaxNode): Element[] {
    const value = this.of(node);
    if (typeof value !== "number") return value;
    throw new Error(`${this.text(node)} is no vector`);
  }

  private selected(node: SyntaxNode): Element[] {
    const name = this.text(node.getChild("Identifier")!);
    const matchers = node
      .getChild("LabelMatchers")!
      .getChildren("UnquotedLabelMatcher")
      .map((matcher) => this.matcher(matcher));
    return this.samples
      .filter((sample) => sample.name === name)
      .filter(({ labels }) => matchers.every((matches) => matches(labels)))
      .map(({ labels, value }) => ({ labels, value }));
  }

  private matcher(node: SyntaxNode) {
    const label = this.text(node.getChild("LabelName")!);
    const operator = this.text(node.getChild("MatchOp")!);
    const given = this.text(node.getChild("StringLiteral")!).slice(1, -1);
    const pattern = new RegExp(`^(?:${given})$`);
    return (labels: Record<string, string>) => {
      const value = labels[label] ?? "";
      if (operator.endsWith("~"))
        return pattern.test(value) === operator.startsWith("=");
      return (value === given) === (operator === "=");
    };
  }

  private binary(node: SyntaxNode): Value {
    const [left, operator, right] = childrenOf(node);
    const symbol = this.text(operator!);
    const [a, b] = [this.of(left!), this.of(right!)];
    if (symbol === "and")
      return (a as Element[]).filter((one) => pair(one, b as Element[]));
    if (typeof a === "number" && typeof b === "number")
      return calculate(symbol, a, b);
    if (typeof a === "number")
      return (b as Element[]).map((one) => ({
        ...one,
        value: calculate(symbol, a, one.value),
      }));
    return a.flatMap((one) => {
      const other = typeof b === "number" ? b : pair(one, b)?.value;
      if (other === undefined) return [];
      if (!COMPARISONS.has(symbol))
        return [{ ...one, value: calculate(symbol, one.value, other) }];
      return calculate(symbol, one.value, other) ? [one] : [];
    });
  }

  private sum(node: SyntaxNode): Element[] {
    const by =
      node
        .getChild("AggregateModifier")
        ?.getChild("GroupingLabels")
        ?.getChildren("LabelName")
        .map(this.text) ?? [];
    const groups = new Map<string, Element>();
    for (const one of this.vector(argumentsOf(node)[0]!)) {
      const labels = Object.fromEntries(
        by.map((label) => [label, one.labels[label] ?? ""]),
      );
      const key = JSON.stringify(labels);
      const value = (groups.get(key)?.value ?? 0) + one.value;
      groups.set(key, { labels, value });
    }
    return [...groups.values()];
  }

  private call(node: SyntaxNode): Value {
    const name = this.text(node.getChild("FunctionIdentifier")!);
    const given = argumentsOf(node);
    if (name === "time") return NOW;
    if (name === "rate" || name === "increase") {
      const [selector, window] = childrenOf(given[0]!);
      const factor = name === "rate" ? 1 : secondsOf(this.text(window!));
      return this.vector(selector!).map(({ labels, value }) => ({
        labels,
        value: value * factor,
      }));
    }
    if (name === "absent")
      return this.vector(given[0]!).length > 0
        ? []
        : [{ labels: {}, value: 1 }];
    if (name === "histogram_quantile")
      return quantiles(Number(this.text(given[0]!)), this.vector(given[1]!));
    throw new Error(`${name}() is not known`);
  }
}

const COMPARISONS = new Set([">", "<", ">=", "=="]);

function calculate(symbol: string, a: number, b: number): number {
  const results: Record<string, number> = {
    "*": a * b,
    "/": a / b,
    "-": a - b,
    ">": Number(a > b),
    "<": Number(a < b),
    ">=": Number(a >= b),
    "==": Number(a === b),
  };
  const result = results[symbol];
  if (result === undefined) throw new Error(`${symbol} is not known`);
  return result;
}

/** The element of the other side with the same labels. */
const pair = ({ labels }: Element, others: Element[]) =>
  others.find(
    (other) => JSON.stringify(other.labels) === JSON.stringify(labels),
  );

/**
 * For each group of buckets, the smallest bound that covers the share. Prometheus interpolates
 * within the bucket.
 */
function quantiles(share: number, buckets: Element[]): Element[] {
  const groups = new Map<string, Element[]>();
  for (const bucket of buckets) {
    const { le: _, ...labels } = bucket.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), bucket]);
  }
  return [...groups].map(([key, group]) => {
    const total = Math.max(...group.map(({ value }) => value));
    const bounds = group
      .filter(({ value }) => value >= share * total)
      .map(({ labels }) => Number(labels["le"]?.replace("+Inf", "Infinity")));
    return {
      labels: JSON.parse(key) as Record<string, string>,
      value: Math.min(...bounds),
    };
  });
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    children.push(child);
  return children;
}

const argumentsOf = (node: SyntaxNode) =>
  childrenOf(node.getChild("FunctionCallBody")!);

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 };

const secondsOf = (window: string) =>
  Number.parseInt(window, 10) * UNITS[window.slice(-1) as keyof typeof UNITS];
