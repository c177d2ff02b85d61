import { cleanFileName } from "../../../core/domain/file-names";
import { isVisible } from "../../../core/domain/text";

/** Characters that file systems refuse, or that separate folders. */
const RESERVED = /[/\\:*?"<>|]/g;

/** The longest name without its extension, in characters: file systems have 255 bytes for it. */
const LENGTH = 60;

/** The name of the file with an exported conversation. */
export function exportName(title: string, extension: string): string {
  const name = cleanFileName(title.replaceAll(RESERVED, "-"))
    .slice(0, LENGTH)
    .toWellFormed()
    .replace(/^[.\s]+|[.\s]+$/g, "");
  return `${isVisible(name) ? name : "conversation"}.${extension}`;
}
