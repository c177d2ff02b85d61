import { VisibleError } from "../../core/domain/errors";
import { kindOf } from "../../core/domain/file-types";
import type { FileRef } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { Sentence } from "../../core/texts/translation";
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
    throw new VisibleError(422, reason(name, takes, file));
  }
}

function reason(
  model: string,
  { images, documents }: NonNullable<ModelInfo["takes"]>,
  file: FileRef,
): Sentence {
  const names = { model, name: file.name };
  if (kindOf(file) === "document") {
    if (!documents) return sentence("problem.file.noText", names);
    const megabytes = inMegabytes(documents.maxBytes);
    return sentence("problem.file.scanSize", { ...names, megabytes });
  }
  if (!images) return sentence("problem.file.noPictures", names);
  const most = { ...names, megabytes: inMegabytes(images.maxBytes) };
  if (!images.maxSide) return sentence("problem.file.pictureSize", most);
  const pixels = images.maxSide;
  return sentence("problem.file.pictureSides", { ...most, pixels });
}

const inMegabytes = (bytes: number) =>
  Math.round((bytes / 1024 ** 2) * 100) / 100;
