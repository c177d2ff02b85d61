import { withHeartbeats } from "../../core/runtime/async";
import { formatOffset } from "../replies/log/offset";
import { isJson, isText } from "./content-types";
import { nextCursor } from "./read-request";
import type { StreamChunk } from "./stream";

export interface EncodeOptions {
  contentType: string;
  /** The cursor that the client sent. */
  cursor: string | undefined;
  heartbeatMs: number;
}

const HEARTBEAT = ": still here\n\n";

/** Encodes chunks as server-sent events, at the pace of the client. */
export async function* encodeEvents(
  chunks: AsyncIterable<StreamChunk>,
  options: EncodeOptions,
): AsyncGenerator<string, void> {
  for await (const chunk of withHeartbeats(chunks, options.heartbeatMs)) {
    yield chunk ? encode(chunk, options) : HEARTBEAT;
  }
}

function encode(
  { messages, next, isUpToDate, isClosed }: StreamChunk,
  { contentType, cursor }: EncodeOptions,
): string {
  const control = {
    streamNextOffset: formatOffset(next),
    ...(isClosed
      ? { streamClosed: true }
      : { streamCursor: nextCursor(cursor) }),
    ...(isUpToDate && { upToDate: true }),
  };
  const data = messages.map((message) => message.data);
  const event =
    data.length > 0 ? encodeEvent("data", payload(contentType, data)) : "";
  return event + encodeEvent("control", JSON.stringify(control));
}

function payload(contentType: string, data: Buffer[]): string {
  if (isJson(contentType)) return `[${data.map(String).join(",")}]`;
  const all = Buffer.concat(data);
  return isText(contentType) ? all.toString("utf8") : all.toString("base64");
}

/** Splits the data into lines, so that none of it can pass for another field. */
function encodeEvent(name: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map(dataLine);
  return `event: ${name}\n${lines.join("")}\n`;
}

/** Clients drop one space after the colon. */
const dataLine = (line: string) =>
  line.startsWith(" ") ? `data: ${line}\n` : `data:${line}\n`;
