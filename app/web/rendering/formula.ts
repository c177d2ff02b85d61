import temml from "temml";
import { escape } from "./escape";

/** A longer formula is shown as written. */
const MAX_LENGTH = 2_000;
/** Nested groups and brackets. Bounds the recursion of the parser, and the depth of the page. */
const MAX_NESTING = 40;
/** A matrix fills up its shorter rows. */
const MAX_CELLS = 600;
/** Chemical formulas cost the square of their length. */
const MAX_CHEMISTRY = 200;

/** A colour in the output marks what the library does not understand. */
const UNKNOWN = "unknown";

const options = {
  throwOnError: true,
  strict: false,
  trust: false,
  errorColor: UNKNOWN,
  maxExpand: 200,
  maxSize: [20, 20] as [number, number],
};

/** The tree that the library writes; its name marks it as less stable than the text of it. */
const toTree: (tex: string, options: object) => unknown =
  temml["__renderToMathMLTree"];

/** The formula can't be shown other than as written. */
class MalformedError extends Error {}

/**
 * A TeX formula as MathML, or `undefined` if it is malformed, or would cost too much.
 *
 * The library's tree is written by this module: only elements and attributes of the lists below reach
 * the page. Styles become classes, because the security policy forbids style attributes.
 */
export function renderFormula(
  tex: string,
  isDisplay: boolean,
): string | undefined {
  if (isTooComplex(tex)) return undefined;
  const source = isDisplay ? asLines(withoutNumbers(tex)) : tex;
  try {
    const tree = toTree(source, { ...options, displayMode: isDisplay });
    return write(tree);
  } catch {
    return undefined;
  }
}

/** Lines without an environment for them, as models write them. */
const asLines = (tex: string) =>
  tex.includes("\\\\") && !tex.includes("\\begin")
    ? `\\begin{gathered}${tex}\\end{gathered}`
    : tex;

/** Equations have no numbers: those of two messages would be the same. */
const withoutNumbers = (tex: string) =>
  tex.replace(
    /(\\(?:begin|end)\{(?:align|alignat|equation|gather|multline))\}/g,
    "$1*}",
  );

function isTooComplex(tex: string): boolean {
  if (tex.length > MAX_LENGTH || nestingOf(tex) > MAX_NESTING) return true;
  if (/\\(?:ce|pu)\b/.test(tex) && tex.length > MAX_CHEMISTRY) return true;
  return cellsIn(tex) > MAX_CELLS;
}

function nestingOf(tex: string): number {
  let [depth, deepest] = [0, 0];
  for (const [sign] of tex.matchAll(/[{([\])}]|\\begin|\\end/g)) {
    depth += "{([\\begin".includes(sign) ? 1 : -1;
    depth = Math.max(0, depth);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function cellsIn(tex: string): number {
  const rows = tex.split(/\\\\|\\cr/);
  const columns = rows.map((row) => row.split("&").length);
  return rows.length * Math.max(...columns);
}

/** A node of the library's tree: an element, a text, or a fragment. */
interface Node {
  type?: string;
  text?: string;
  children?: Node[];
  attributes?: Record<string, unknown>;
  classes?: string[];
  style?: Record<string, unknown>;
  href?: unknown;
}

const elements = new Set(
  "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mstyle mphantom mpadded menclose".split(
    " ",
  ),
);

const keywords = /^(?:true|false|normal|block|prefix|postfix|infix|[+-]?\d)$/;
const length = /^\d{0,3}(?:\.\d{1,6})?(?:em|ex|pt|px|mu)?$/;

/** Attributes and their values; all others are dropped. */
const attributes: Record<string, RegExp> = {
  accent: keywords,
  accentunder: keywords,
  display: keywords,
  displaystyle: keywords,
  form: keywords,
  largeop: keywords,
  mathvariant: keywords,
  movablelimits: keywords,
  scriptlevel: keywords,
  stretchy: keywords,
  symmetric: keywords,
  height: length,
  linethickness: length,
  lspace: length,
  maxsize: length,
  minsize: length,
  rspace: length,
  width: length,
};

/** Padding is the content's own: other sizes could move it over other text. */
const sizeless = new Set(["mpadded", "mtable", "mtd", "mtext", "mrow"]);

/** @throws MalformedError */
function write(node: unknown, depth = 0): string {
  const { type, text, children = [], ...rest } = node as Node;
  if (depth > MAX_NESTING * 6) throw new MalformedError();
  if (text !== undefined) return escape(text);
  const inner = children.map((child) => write(child, depth + 1)).join("");
  if (type === undefined && rest.attributes === undefined) {
    // An anchor or a picture is neither a fragment nor an element.
    if ("href" in rest || "src" in rest) throw new MalformedError();
    return inner;
  }
  if (type === undefined || !elements.has(type)) throw new MalformedError();
  return element(type, rest, inner);
}

function element(type: string, node: Node, inner: string): string {
  if (node.style?.["color"] === UNKNOWN) throw new MalformedError();
  const classes = classesOf(type, node);
  // An element that MathML Core lacks is a row with a class.
  const name = type === "menclose" ? "mrow" : type;
  const attribute = classes ? ` class="${classes}"` : "";
  return `<${name}${attribute}${attributesOf(type, node)}>${inner}</${name}>`;
}

/** Spaces to the left are dropped: they could move a part of a formula over other text. */
function attributesOf(type: string, { attributes: all = {} }: Node): string {
  let html = "";
  for (const [name, value] of Object.entries(all)) {
    const text = String(value);
    if (sizeless.has(type) && length.test(text)) continue;
    if (name === "width" && type !== "mspace") continue;
    if (attributes[name]?.test(text)) html += ` ${name}="${escape(text)}"`;
  }
  return html;
}

/** By a class of the library, and by what it says with a style. */
function classesOf(
  type: string,
  { classes = [], style = {}, attributes: all = {} }: Node,
): string {
  const found = new Set<string>();
  for (const name of classes) {
    const own = ownClasses[name];
    if (own) found.add(own);
  }
  if (type === "menclose") found.add(enclosed(String(all["notation"])));
  if (type === "mtd") {
    if (isZero(style["paddingLeft"])) found.add("l0");
    if (isZero(style["paddingRight"])) found.add("r0");
    for (const side of ["Left", "Right", "Top", "Bottom"]) {
      if (style[`border${side}`]) found.add(`b${side.charAt(0)}`);
    }
  } else if (style["border"]) found.add("box");
  return [...found].join(" ");
}

const ownClasses: Record<string, string> = {
  "tml-left": "left",
  "tml-right": "right",
};

const isZero = (size: unknown) => /^0(?:em|pt)?$/.test(String(size));

function enclosed(notation: string): string {
  if (notation === "top") return "bT";
  if (notation === "bottom") return "bB";
  return notation.includes("strike") ? "strike" : "box";
}
