/** An expression of CEL, and of which type its value is. */
export interface Expression {
  cel: string;
  type: "string" | "integer";
}

/**
 * Values that stand for expressions while the charts run: the charts compute with plain strings
 * and numbers, and what comes out is searched for them afterwards.
 */
export class Placeholders {
  private readonly byText = new Map<string, Expression>();
  /** Far from any number that a manifest has of its own. */
  private next = 700_000_001;

  /** A number that stands for an expression, also when it is written into a text. */
  integer(cel: string): number {
    const value = this.next;
    this.next += 1;
    this.byText.set(String(value), { cel, type: "integer" });
    return value;
  }

  /** A text that stands for an expression. It may be part of a longer one. */
  string(cel: string, example = "placeholder"): string {
    const value = `${example}-${this.next}x`;
    this.next += 1;
    this.byText.set(value, { cel, type: "string" });
    return value;
  }

  /** Lets a text that the charts made stand for an expression. */
  replace(text: string, cel: string): void {
    this.byText.set(text, { cel, type: "string" });
  }

  /**
   * A value of a manifest as kro's template: with `${…}` in place of what stands for an expression.
   *
   * @throws Error if the value has a `${` of its own, which kro would take for an expression.
   */
  template(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") {
      const expression = this.byText.get(String(value));
      return expression ? `\${${expression.cel}}` : value;
    }
    if (Array.isArray(value)) return value.map((item) => this.template(item));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, field]) => [
          key,
          this.template(field),
        ]),
      );
    }
    return value;
  }

  /** A text as one expression of CEL that gives it. */
  concatenation(text: string): string {
    return this.parts(text)
      .map((part) => (typeof part === "string" ? quoted(part) : asString(part)))
      .join(" + ");
  }

  private text(text: string): string {
    const whole = this.byText.get(text);
    if (whole?.type === "string") return `\${${whole.cel}}`;
    return this.parts(text)
      .map((part) =>
        typeof part === "string"
          ? refuseExpression(part)
          : `\${${asString(part)}}`,
      )
      .join("");
  }

  /** Splits a text at what stands for expressions. */
  private parts(text: string): (string | Expression)[] {
    if (this.byText.size === 0) return [text];
    const known = [...this.byText.keys()]
      .toSorted((a, b) => b.length - a.length)
      .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return text
      .split(new RegExp(`(${known.join("|")})`))
      .filter((part) => part !== "")
      .map((part) => this.byText.get(part) ?? part);
  }
}

const asString = ({ cel, type }: Expression) =>
  type === "string" ? cel : `string(${cel})`;

const quoted = (text: string) => JSON.stringify(text);

function refuseExpression(text: string): string {
  if (text.includes("${")) {
    throw new Error(
      `kro would take a part of ${JSON.stringify(text)} for an expression. Write it without \${.`,
    );
  }
  return text;
}
