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
  "a b blockquote br button code details div em h3 h4 h5 h6 hr input label li ol p pre s span strong sub summary sup table tbody td th thead tr ul math mfrac mi mn mo mover mpadded mphantom mrow mspace mstyle msub msubsup msup mtable mtd mtext mtr munder munderover".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "aria-label autocomplete checked class data-copy data-label dir disabled display displaystyle form href id lspace mathvariant movablelimits rel role rspace scriptlevel start stretchy tabindex target type width height".split(
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
      if (attribute === "href" && !/^(https?:\/\/|mailto:|#fn-)/i.test(value)) {
        throw new Error(`A link to ${value}`);
      }
    }
  }
}
