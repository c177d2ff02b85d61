import { VisibleError } from "../../core/domain/errors";
import { kindOf } from "../../core/domain/file-types";
import type { FileRef } from "../../core/domain/records";
import type { ModelInfo } from "../models/model";
import { fitsAsItIs } from "./give-files";

/** @throws VisibleError (422) if the model can do nothing with a file. */
export function checkFiles(
  { name, takes = {} }: Pick<ModelInfo, "name" | "takes">,
  files: readonly FileRef[],
): void {
  for (const file of files) {
    if (takes.all || fitsAsItIs(takes, file)) continue;
    const kind = kindOf(file);
    if (kind === "text") continue;
    if (kind === "document" && file.textBytes) continue;
    throw new VisibleError(
      422,
      `${name} can't read “${file.name}”: ${reason(takes, file)}`,
    );
  }
}

function reason(
  { images, documents }: NonNullable<ModelInfo["takes"]>,
  file: FileRef,
): string {
  if (kindOf(file) === "document") {
    const what = documents
      ? `the PDF has no text, and as a picture it may have ${megabytes(documents.maxBytes)}`
      : "the PDF has no text, and this model takes none without";
    return `${what}. Choose another model, or remove the file.`;
  }
  if (!images) {
    return "it takes no pictures. Choose another model, or remove the file.";
  }
  const most = images.maxSide
    ? ` and ${images.maxSide.toLocaleString("en")} pixels on each side`
    : "";
  return `a picture for this model may have ${megabytes(images.maxBytes)}${most}. Make it smaller, or choose another model.`;
}

const megabytes = (bytes: number) =>
  `${Math.round((bytes / 1024 ** 2) * 100) / 100} MB`;
