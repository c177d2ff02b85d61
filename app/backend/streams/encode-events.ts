import { formatOffset } from "../replies/log/offset";
import { isJson, isText } from "./content-types";
import type { ReadRequest } from "./read-request";
import { streamCursor } from "./stream-cursor";
import type { StreamChunk, StreamSource } from "./stream-source";

export interface EventTimes {
  /** How often a sign of life is sent where nothing else is, in milliseconds. */
  heartbeatMs: number;
  /**
   * After how many milliseconds the answer ends and the reader comes again: so that in the end
   * readers are spread over all processes that there are.
   */
  eventsMs: number;
}

const HEARTBEAT = ": still here\n\n";

/**
 * A stream as server-sent events, from what was read first until it is closed, the time is over,
 * or the reader has gone. Pulled by the reader's own pace.
 */
export async function* encodeEvents(
  source: StreamSource,
  first: StreamChunk,
  request: ReadRequest,
  times: EventTimes,
  controller: AbortController,
): AsyncGenerator<string, void> {
  const end = setTimeout(() => controller.abort(), times.eventsMs);
  try {
    const { cursor } = request;
    const known = first.messages.map(({ data }) => data);
    yield encode(source, known, first, cursor);
    if (first.isClosed) return;
    const { signal } = controller;
    const all = source.follow(first.next, { ahead: request.ahead, signal });
    for await (const told of withHeartbeats(all, times.heartbeatMs)) {
      if (!told) {
        yield HEARTBEAT;
        continue;
      }
      const { data, at: next, isClosed } = told;
      yield encode(source, data, { next, isUpToDate: true, isClosed }, cursor);
      if (isClosed) return;
    }
  } finally {
    clearTimeout(end);
    controller.abort();
  }
}

function encode(
  source: StreamSource,
  data: Buffer[],
  place: Pick<StreamChunk, "next" | "isUpToDate" | "isClosed">,
  cursor: string | undefined,
): string {
  const control = {
    streamNextOffset: formatOffset(place.next),
    ...(place.isClosed
      ? { streamClosed: true }
      : { streamCursor: streamCursor(cursor) }),
    ...(place.isUpToDate && { upToDate: true }),
  };
  const told = data.length > 0 ? event("data", payload(source, data)) : "";
  return told + event("control", JSON.stringify(control));
}

function payload({ contentType }: StreamSource, data: Buffer[]): string {
  if (isJson(contentType)) return `[${data.map(String).join(",")}]`;
  const all = Buffer.concat(data);
  return isText(contentType) ? all.toString("utf8") : all.toString("base64");
}

/** No line of the data can be taken for a line of the format. */
function event(name: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map(dataLine);
  return `event: ${name}\n${lines.join("")}\n`;
}

/** Readers drop one space after the colon, so a line that begins with one gets another. */
const dataLine = (line: string) =>
  line.startsWith(" ") ? `data: ${line}\n` : `data:${line}\n`;

/** `undefined` for a heartbeat. */
async function* withHeartbeats<T>(
  lines: AsyncGenerator<T, void>,
  heartbeatMs: number,
): AsyncGenerator<T | undefined, void> {
  let next: ReturnType<typeof lines.next> | undefined;
  for (;;) {
    next ??= lines.next();
    const result = await orAfter(next, heartbeatMs);
    if (result?.done) return;
    if (result) next = undefined;
    yield result?.value;
  }
}

function orAfter<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
