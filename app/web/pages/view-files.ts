import { kindOf } from "../../core/domain/file-types";
import type { FileRef } from "../../core/domain/records";
import type { Locale } from "../../core/texts/locale";
import { sizeText } from "../../core/domain/size-text";

/** A file as the message template shows it. */
export interface FileView {
  name: string;
  href: string;
  /** `340 KB`, or `12 pages, 1.2 MB` */
  size: string;
  isImage: boolean;
  width?: number | undefined;
  height?: number | undefined;
}

/** The address from which its owner downloads a file of a conversation. */
export const fileAddress = (conversation: string, { id }: FileRef): string =>
  `/conversations/${conversation}/files/${id}`;

/**
 * The files of a message; `undefined` if it has none.
 *
 * @param address of the conversation, or of the message that is shared.
 */
export const viewFiles = (
  locale: Locale,
  address: string,
  files: readonly FileRef[] | undefined,
): FileView[] | undefined =>
  files?.map((file) => ({
    name: file.name,
    href: `${address}/files/${file.id}`,
    size: sizeOf(locale, file),
    isImage: kindOf(file) === "image",
    width: file.width,
    height: file.height,
  }));

function sizeOf(locale: Locale, { bytes, pages }: FileRef): string {
  const size = sizeText(bytes, locale);
  if (pages === undefined) return size;
  return locale.t("file.pages", { count: pages, size });
}
