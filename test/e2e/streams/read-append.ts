import type { IncomingHttpHeaders } from "node:http";
import { VisibleError } from "../../../app/core/domain/errors";
import { isJson } from "../../../app/backend/streams/content-types";
import type { Append, Producer } from "./producers";

/** A request with its whole body. */
export interface Sent {
  method: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Parses the append of a `PUT` or `POST`. @throws VisibleError (400) */
export async function readAppend(
  { method, headers, body }: Sent,
  contentTypeOf: () => Promise<string>,
): Promise<Append> {
  const closes = header(headers, "stream-closed")?.toLowerCase() === "true";
  const contentType = headers["content-type"];
  const isCreated = method === "PUT";
  if (body.length === 0 && !closes && !isCreated) {
    throw new VisibleError(400, "There is nothing to append.");
  }
  if (body.length > 0 && !contentType && !isCreated) {
    throw new VisibleError(400, "Content-Type is missing.");
  }
  return {
    data: await dataOf(body, contentTypeOf, isCreated),
    closes,
    contentType,
    producer: readProducer(headers),
    sequence: header(headers, "stream-seq"),
  };
}

async function dataOf(
  body: Buffer,
  contentTypeOf: () => Promise<string>,
  isCreated: boolean,
): Promise<Buffer | undefined> {
  if (body.length === 0) return undefined;
  if (!isJson(await contentTypeOf())) return body;
  const values = flattened(body);
  if (values.length === 0 && !isCreated) {
    throw new VisibleError(400, "There is nothing in the array.");
  }
  if (values.length === 0) return undefined;
  return Buffer.from(values.map((value) => JSON.stringify(value)).join(","));
}

function flattened(body: Buffer): unknown[] {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return Array.isArray(value) ? value : [value];
  } catch {
    throw new VisibleError(400, "This is not JSON.");
  }
}

const NAMES = ["producer-id", "producer-epoch", "producer-seq"] as const;

function readProducer(headers: IncomingHttpHeaders): Producer | undefined {
  const [id, epoch, sequence] = NAMES.map((name) => header(headers, name));
  if (id === undefined && epoch === undefined && sequence === undefined) {
    return undefined;
  }
  if (!id) throw new VisibleError(400, "Producer-Id is missing.");
  return { id, epoch: whole(epoch), sequence: whole(sequence) };
}

function whole(text: string | undefined): number {
  const value = Number(text);
  if (!/^\d+$/.test(text ?? "") || !Number.isSafeInteger(value)) {
    throw new VisibleError(400, "Producer headers must be whole numbers.");
  }
  return value;
}

function header(headers: IncomingHttpHeaders, name: string) {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
