/** The kinds of files that a message can have. */
export type FileKind = "image" | "document" | "text";

interface FileType {
  kind: FileKind;
  /** The first one is added to a name that has none of them. */
  extensions: readonly string[];
  /** As a sentence names it. */
  label: string;
}

/** By media type. Nothing else is stored. */
export const fileTypes: Readonly<Record<string, FileType>> = {
  "image/png": { kind: "image", extensions: ["png"], label: "PNG" },
  "image/jpeg": {
    kind: "image",
    extensions: ["jpg", "jpeg", "jpe", "jfif"],
    label: "JPEG",
  },
  "image/gif": { kind: "image", extensions: ["gif"], label: "GIF" },
  "image/webp": { kind: "image", extensions: ["webp"], label: "WebP" },
  "application/pdf": { kind: "document", extensions: ["pdf"], label: "PDF" },
  "text/plain": { kind: "text", extensions: ["txt"], label: "text" },
};

export type FileTypeName = keyof typeof fileTypes;

/** The kind of a stored file; `undefined` for a type of another version of the program. */
export const kindOf = ({ type }: { type: string }): FileKind | undefined =>
  Object.hasOwn(fileTypes, type) ? fileTypes[type]?.kind : undefined;

/** Extensions of text that browsers would run as a page, if a visitor opened it from the disk. */
const RUNNABLE = /\.(?:[xs]?html?|mht(?:ml)?|svgz?|xml|xsl|hta)$/i;

const KNOWN = new RegExp(
  `\\.(?:${Object.values(fileTypes)
    .filter(({ kind }) => kind !== "text")
    .flatMap(({ extensions }) => extensions)
    .join("|")})$`,
  "i",
);

/**
 * The name under which a file is downloaded: its extension says what its bytes are, so that nothing
 * on the visitor's machine opens it as something else.
 */
export function downloadName({ name, type }: { name: string; type: string }) {
  const [first = "txt", ...others] = fileTypes[type]?.extensions ?? [];
  const isText = kindOf({ type }) === "text";
  const isFit = isText
    ? !RUNNABLE.test(name) && !KNOWN.test(name)
    : new RegExp(`\\.(?:${[first, ...others].join("|")})$`, "i").test(name);
  return isFit ? name : `${name}.${first}`;
}
