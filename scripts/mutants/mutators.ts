import { parseSync } from "@swc/core";

/** A small mistake: a part of a source file is replaced. Offsets are bytes. */
export interface Mutant {
  file: string;
  start: number;
  end: number;
  replacement: string;
}

interface Node {
  type: string;
  span: { start: number; end: number };
  [key: string]: unknown;
}

/** Operators, and the mistakes that are made for them. */
const OPERATORS: Record<string, string[]> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
};

/**
 * The same comparison, but for two equal values. It is no mistake between durations or moments: no
 * promise depends on a single instant.
 */
const BOUNDARIES: Record<string, string | undefined> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
};
const CLOCK = /(?:M[sS]|_MS|At|Until|Since)\b(?!\()|\bnow\(\)/;

/** Methods that are confused with one another. */
const METHODS: Record<string, string | undefined> = {
  // A method of any name is looked up here.
  __proto__: null as never,
  min: "max",
  max: "min",
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  all: "race",
  ceil: "floor",
  floor: "ceil",
};

/** Methods whose call is left out. */
const OMITTED = new Set([
  "filter",
  "slice",
  "subarray",
  "trim",
  "trimEnd",
  "toSorted",
  "toReversed",
  "toLowerCase",
  "replace",
  "replaceAll",
  "catch",
  "finally",
]);

const asNode = (value: unknown) => value as Node;

/** Lists the mistakes in a source text, in the order of their places. */
export function mutantsOf(file: string, source: string): Mutant[] {
  // The leading semicolon begins the tree at a known offset: comments are no part of it.
  const tree = parse(`;${source}`);
  const base = tree.span.start + 1;
  const bytes = Buffer.from(source);
  const found: Mutant[] = [];
  const at = (node: Node) => ({
    start: node.span.start - base,
    end: node.span.end - base,
  });
  const textOf = (node: Node) => {
    const { start, end } = at(node);
    return bytes.toString("utf8", start, end);
  };
  const add = (node: Node, replacement: string) =>
    found.push({ file, ...at(node), replacement });
  walk(tree, (node) => mutate(node, { add, textOf }));
  return found.filter((mutant) => isValid(applyTo(source, mutant)));
}

interface Tools {
  add: (node: Node, replacement: string) => void;
  textOf: (node: Node) => string;
}

function mutate(node: Node, tools: Tools): void {
  mutateExpression(node, tools);
  mutateStatements(node, tools);
}

function mutateExpression(node: Node, { add, textOf }: Tools): void {
  switch (node.type) {
    case "BinaryExpression": {
      const left = textOf(asNode(node["left"]));
      const right = textOf(asNode(node["right"]));
      const operator = String(node["operator"]);
      for (const other of OPERATORS[operator] ?? []) {
        const isBoundary = BOUNDARIES[operator] === other;
        if (isBoundary && CLOCK.test(`${left} ${right}`)) continue;
        add(node, `(${left} ${other} ${right})`);
      }
      return;
    }
    case "ConditionalExpression":
      add(asNode(node["test"]), "true");
      add(asNode(node["test"]), "false");
      return;
    case "UnaryExpression":
      if (node["operator"] === "!") add(node, textOf(asNode(node["argument"])));
      return;
    case "UpdateExpression": {
      const argument = textOf(asNode(node["argument"]));
      const opposite = node["operator"] === "++" ? "--" : "++";
      add(node, node["prefix"] ? opposite + argument : argument + opposite);
      return;
    }
    case "BooleanLiteral":
      add(node, String(!node["value"]));
      return;
    case "CallExpression":
      mutateCall(node, { add, textOf });
      return;
    default:
  }
}

function mutateCall(node: Node, { add, textOf }: Tools): void {
  const callee = asNode(node["callee"]);
  if (callee.type !== "MemberExpression") return;
  const [object, property] = [
    asNode(callee["object"]),
    asNode(callee["property"]),
  ];
  const name = property.type === "Identifier" ? String(property["value"]) : "";
  const other = METHODS[name];
  if (other) add(property, other);
  if (OMITTED.has(name)) add(node, textOf(object));
}

/** Leaves statements out, swaps neighbours that wait, and decides conditions. */
function mutateStatements(node: Node, { add, textOf }: Tools): void {
  if (node.type === "IfStatement") {
    add(asNode(node["test"]), "true");
    add(asNode(node["test"]), "false");
  }
  const body = node["stmts"];
  if (!Array.isArray(body)) return;
  const statements = body.map(asNode);
  for (const [index, statement] of statements.entries()) {
    if (statement.type !== "ExpressionStatement") continue;
    add(statement, ";");
    const next = statements[index + 1];
    if (next?.type !== "ExpressionStatement" && next?.type !== "IfStatement")
      continue;
    const both = { ...statement, span: { ...statement.span } };
    both.span.end = next.span.end;
    if (!/\bawait\b/.test(textOf(both))) continue;
    add(both, `${textOf(next)} ${textOf(statement)}`);
  }
}

/** Types cannot be wrong at run time. */
function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  if ("type" in node && "span" in node) {
    if (/^(Ts|Import)/.test(String(node.type))) {
      // Expressions such as `x as T` contain code.
      if ("expression" in node) walk(node.expression, visit);
      return;
    }
    visit(node as Node);
  }
  for (const value of Object.values(node)) walk(value, visit);
}

const parse = (source: string) =>
  parseSync(source, {
    syntax: "typescript",
    target: "es2022",
  }) as unknown as Node;

function isValid(source: string): boolean {
  try {
    parse(source);
    return true;
  } catch {
    return false;
  }
}

export function applyTo(source: string, mutant: Omit<Mutant, "file">): string {
  const bytes = Buffer.from(source);
  return Buffer.concat([
    bytes.subarray(0, mutant.start),
    Buffer.from(mutant.replacement),
    bytes.subarray(mutant.end),
  ]).toString();
}

const short = (text: string) => text.replaceAll(/\s+/g, " ").slice(0, 100);

/** `app/core/storage/json.ts:12: a < b → a <= b` */
export function describeMutant(source: string, mutant: Mutant): string {
  const line = before(source, mutant).split("\n").length;
  return `${mutant.file}:${line}: ${changeOf(source, mutant)}`;
}

/** `a < b → a <= b` */
export function changeOf(source: string, mutant: Mutant): string {
  const { start, end, replacement } = mutant;
  const replaced = Buffer.from(source).toString("utf8", start, end);
  return `${short(replaced)} → ${short(replacement)}`;
}

/** The line in which the mistake begins. */
export function lineOf(source: string, mutant: Mutant): string {
  const number = before(source, mutant).split("\n").length;
  return (source.split("\n")[number - 1] ?? "").trim();
}

const before = (source: string, { start }: Mutant) =>
  Buffer.from(source).toString("utf8", 0, start);
