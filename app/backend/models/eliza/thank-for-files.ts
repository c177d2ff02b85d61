import { fileTypes } from "../../../core/domain/file-types";
import { sizeText } from "../../../core/domain/size-text";
import type { ModelFile } from "../model";

const count = new Intl.NumberFormat("en");
const list = new Intl.ListFormat("en", { type: "conjunction" });

/** The built-in model's answer to files: it can't look into them. */
export function thankForFiles(files: readonly ModelFile[]): string {
  const them = files.length === 1 ? "it" : "them";
  return `Thank you for ${list.format(files.map(describe))}. I can't look into ${them}, I am afraid: I only know words.`;
}

function describe({ name, type, bytes, ...about }: ModelFile): string {
  const { label = "file" } = fileTypes[type] ?? {};
  const { width, height, pages } = about;
  const size = sizeOf(bytes);
  const shown = `“${name.replaceAll(/[\\`*_[\]<>~|$]/g, "\\$&")}”`;
  if (width !== undefined && height !== undefined) {
    const pixels = `${count.format(width)} × ${count.format(height)} pixels`;
    return `${shown} (a ${label} picture of ${pixels}, ${size})`;
  }
  if (pages !== undefined) {
    const unit = pages === 1 ? "page" : "pages";
    return `${shown} (a ${label} of ${count.format(pages)} ${unit}, ${size})`;
  }
  return `${shown} (a ${label} file, ${size})`;
}

function sizeOf(bytes: number): string {
  if (bytes >= 1024) return sizeText(bytes);
  return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
