import { limits } from "./records";

/** Controls, separators of lines, and characters that change the direction of what follows them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * The name of an uploaded file as it is stored and shown: without folders and without characters
 * that could hide its ending. It is never the name of a file on the server.
 */
export function cleanFileName(sent: string): string {
  const last = sent.split(/[/\\]/).at(-1) ?? "";
  const clean = last
    .normalize("NFC")
    .replaceAll(INVISIBLE, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const name = /^\.*$/.test(clean) ? "file" : clean;
  return shortened(name);
}

/** Keeps the extension. */
function shortened(name: string): string {
  const most = limits.fileNameLength;
  if (name.length <= most) return name;
  const [extension = ""] = /\.[^.]{1,10}$/.exec(name) ?? [];
  const beginning = name.slice(0, most - extension.length - 1);
  // A pair of surrogates may be cut in two.
  return `${beginning.toWellFormed()}…${extension}`.replaceAll("\uFFFD", "");
}
