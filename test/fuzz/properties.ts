/** The pieces in which a text arrives: a function of the text, so that a failure can be repeated. */
export function inPieces(text: string): string[] {
  const pieces: string[] = [];
  let seed = text.length + 1;
  for (let at = 0; at < text.length;) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const length = 1 + (seed % 11);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

const tag =
  /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"<>]*")?)*)>|<|(?<=^|>)[^<]*/g;

const ELEMENTS = new Set(
  "a blockquote br button code div em h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead tr ul".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "aria-label class data-copy data-language dir href rel start tabindex target type".split(
    " ",
  ),
);

/** @throws Error unless the HTML has only known elements and attributes, and links only to sites. */
export function requireSafeHtml(html: string): void {
  for (const [all, , name, attributes = ""] of html.matchAll(tag)) {
    if (all === "<") throw new Error("An angle bracket that opens no tag");
    if (name === undefined) continue;
    if (!ELEMENTS.has(name)) throw new Error(`The element ${name}`);
    for (const [, attribute = "", value = ""] of attributes.matchAll(
      / ([a-z-]+)(?:="([^"]*)")?/g,
    )) {
      if (!ATTRIBUTES.has(attribute)) throw new Error(`An ${attribute}`);
      if (attribute === "href" && !/^(https?:\/\/|mailto:)/i.test(value)) {
        throw new Error(`A link to ${value}`);
      }
    }
  }
}
