import { z } from "zod";
import { limits } from "../domain/records";
import { isObject, type JsonObject, parseObject } from "./json";
import type { OpenFile } from "./file-system";

/*
 * An uploaded file on disk: its bytes as they came, then the text that was found in them, then a
 * record about it (JSON), the record's length and a mark. All of it is one file, so that a single
 * link publishes it and a single unlink removes it. Viewers of PDFs and pictures ignore the end.
 */

/** The record of a stored file. Unknown fields are kept. */
export const FileRecord = z.looseObject({
  format: z.literal(1),
  /** Random: tells if a link took effect. */
  token: z.string(),
  name: z.string().max(limits.fileNameLength),
  type: z.string(),
  bytes: z.int().min(0),
  /** SHA-256 of the bytes, in hex. */
  sha256: z.string(),
  at: z.string(),
  width: z.int().min(1).optional(),
  height: z.int().min(1).optional(),
  pages: z.int().min(1).optional(),
  /** The length of the text that follows the bytes. */
  textBytes: z.int().min(0).optional(),
  isTextCut: z.boolean().optional(),
});
export type FileRecord = z.output<typeof FileRecord>;

const MARK = Buffer.from("KSF1");
const END_BYTES = 4 + MARK.length;

/** Several times the longest record. */
const MAX_RECORD_BYTES = 64 * 1024;

/** The end of a stored file, after its bytes and its text. */
export function encodeRecord(record: FileRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([json, length, MARK]);
}

/** @returns `undefined` if the file is damaged. @throws The file system's error. */
export async function readRecord(
  file: Pick<OpenFile, "read" | "size">,
): Promise<FileRecord | undefined> {
  const end = await readEnd(file);
  const record = FileRecord.safeParse(end?.data).data;
  return record && end?.start === record.bytes + (record.textBytes ?? 0)
    ? record
    : undefined;
}

/** The record of any version of the program, unchecked, and where it begins. */
export async function readEnd(
  file: Pick<OpenFile, "read" | "size">,
): Promise<{ data: JsonObject; start: number } | undefined> {
  const size = await file.size();
  if (size < END_BYTES) return undefined;
  const end = await file.read(size - END_BYTES, END_BYTES);
  if (end.length < END_BYTES || !end.subarray(4).equals(MARK)) return undefined;
  const length = end.readUInt32BE(0);
  const start = size - END_BYTES - length;
  if (length > MAX_RECORD_BYTES || start < 0) return undefined;
  const data = parseObject((await file.read(start, length)).toString());
  return data && { data, start };
}

/** The ids of the files of a stored prompt, whichever version of the program wrote it. */
export function fileIdsOf({ files }: Readonly<JsonObject>): string[] {
  if (!Array.isArray(files)) return [];
  return files.flatMap((file) =>
    isObject(file) && typeof file.id === "string" ? file.id : [],
  );
}
