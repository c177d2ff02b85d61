import type { LinkifyIt } from "linkify-it";

const CJK = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\uff00-\uffef]`;

/**
 * A place where a URL ends and a sentence goes on without a space: `https://a.example/bを読む`. After
 * a delimiter of the path, CJK text belongs to the URL: `https://ja.wikipedia.org/wiki/日本`.
 */
const endBeforeText = new RegExp(
  String.raw`(?:^//[^/?#\s]+/|[a-z0-9])(?=[*_~]*${CJK})`,
  "iu",
);

/** Links only complete addresses: `index.js` is a file, not a site in Serbia. */
export function linkAddresses(linkify: LinkifyIt): void {
  linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  for (const scheme of ["http:", "https:"]) {
    linkify.add(scheme, { validate: urlLength });
  }
}

/** A longer address is no link. Bounds the time for a text full of schemes. */
const MAX_LENGTH = 2_048;

/** The length of the URL in `text` from `start`, where its scheme ends; 0 if there is none. */
function urlLength(text: string, start: number, linkify: LinkifyIt): number {
  const validator = linkify.re.get_http_validator();
  const lengthIn = (part: string) => {
    validator.lastIndex = 0;
    return validator.exec(part)?.[0].length ?? 0;
  };
  const rest = text.slice(start, start + MAX_LENGTH);
  const end = endBeforeText.exec(rest);
  const length = lengthIn(
    end ? rest.slice(0, end.index + end[0].length) : rest,
  );
  return length === MAX_LENGTH ? 0 : length;
}
