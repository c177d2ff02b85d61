import { isDeepStrictEqual } from "node:util";
import type { FileRef, Prompt } from "../../core/domain/records";

/** True for the same files in the same order. */
export const haveSameIds = (
  some: readonly FileRef[] = [],
  others: readonly FileRef[] = [],
): boolean =>
  isDeepStrictEqual(
    some.map(({ id }) => id),
    others.map(({ id }) => id),
  );

/** The bytes that a prompt takes of its owner's quota. Another version shares the files of the first one. */
export const bytesOf = ({
  text,
  files = [],
  insteadOf,
}: Pick<Prompt, "text" | "files" | "insteadOf">): number =>
  Buffer.byteLength(text) +
  (insteadOf === undefined
    ? files.reduce((sum, { bytes }) => sum + bytes, 0)
    : 0);

export const idsOf = (files: readonly FileRef[] = []) =>
  files.map(({ id }) => id);
