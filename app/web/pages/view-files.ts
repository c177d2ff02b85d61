import { kindOf } from "../../core/domain/file-types";
import type { FileRef } from "../../core/domain/records";

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

/** The files of a message; `undefined` if it has none. */
export const viewFiles = (
  conversation: string,
  files: readonly FileRef[] | undefined,
): FileView[] | undefined =>
  files?.map((file) => ({
    name: file.name,
    href: `/conversations/${conversation}/files/${file.id}`,
    size: sizeOf(file),
    isImage: kindOf(file) === "image",
    width: file.width,
    height: file.height,
  }));

const count = new Intl.NumberFormat("en");

function sizeOf({ bytes, pages }: FileRef): string {
  const size = bytesText(bytes);
  if (pages === undefined) return size;
  return `${count.format(pages)} ${pages === 1 ? "page" : "pages"}, ${size}`;
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Math.ceil((bytes / 1024 ** 2) * 10) / 10} MB`;
}
