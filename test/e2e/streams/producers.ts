import type { LogSnapshot } from "../../../app/backend/replies/log/reply-log";
import type { Offset } from "../../../app/backend/replies/log/offset";

/** The protocol's fenced, idempotent producer. */
export interface Producer {
  id: string;
  epoch: number;
  sequence: number;
}

/** A request to append. */
export interface Append {
  data: Buffer | undefined;
  closes: boolean;
  contentType: string | undefined;
  producer: Producer | undefined;
  /** `Stream-Seq`, whose scope is the stream. */
  sequence: string | undefined;
}

/** The response to an append that is refused or a duplicate. */
export interface Verdict {
  status: number;
  headers: Record<string, string>;
}

/** A log's state, replayed from its lines. */
export interface Written {
  contentType: string;
  tail: Offset;
  isClosed: boolean;
  /** `undefined` if the append should proceed. */
  check(append: Append): Verdict | undefined;
}

export function replay({
  records,
  tail,
  currentHeader: newest,
}: LogSnapshot): Written {
  const producers = new Map<string, Producer>();
  let contentType = "application/octet-stream";
  let sequence: string | undefined;
  for (const { line } of records) {
    if (typeof line["contentType"] === "string")
      ({ contentType } = line as { contentType: string });
    if (typeof line["sequence"] === "string")
      ({ sequence } = line as { sequence: string });
    const producer = line["producer"] as Producer | undefined;
    if (producer) producers.set(producer.id, producer);
  }
  const isClosed = newest.kind === "end";
  const closer = isClosed
    ? (newest["producer"] as Producer | undefined)
    : undefined;
  return {
    contentType,
    tail,
    isClosed,
    check: (append) =>
      checkProducer(append, producers, isClosed, closer) ??
      checkClosed(append, isClosed) ??
      checkType(append, contentType) ??
      checkSequence(append, sequence),
  };
}

function checkProducer(
  { producer }: Append,
  producers: Map<string, Producer>,
  isClosed: boolean,
  closer: Producer | undefined,
): Verdict | undefined {
  if (!producer) return undefined;
  const known = producers.get(producer.id);
  const epoch = known?.epoch ?? -1;
  if (producer.epoch < epoch) {
    return { status: 403, headers: { "producer-epoch": String(epoch) } };
  }
  if (isClosed) {
    const isDuplicate =
      closer?.id === producer.id &&
      closer.epoch === producer.epoch &&
      closer.sequence === producer.sequence;
    if (!isDuplicate) return undefined;
  }
  if (producer.epoch > epoch) {
    if (producer.sequence === 0) return undefined;
    return known ? { status: 400, headers: {} } : gap(0, producer);
  }
  const highest = known?.sequence ?? -1;
  if (producer.sequence <= highest) {
    return {
      status: 204,
      headers: {
        "producer-epoch": String(epoch),
        "producer-seq": String(highest),
      },
    };
  }
  return producer.sequence === highest + 1
    ? undefined
    : gap(highest + 1, producer);
}

const gap = (expected: number, { sequence }: Producer): Verdict => ({
  status: 409,
  headers: {
    "producer-expected-seq": String(expected),
    "producer-received-seq": String(sequence),
  },
});

function checkClosed(
  { data, closes }: Append,
  isClosed: boolean,
): Verdict | undefined {
  if (!isClosed) return undefined;
  return { status: closes && !data ? 204 : 409, headers: {} };
}

function checkType(
  { data, contentType }: Append,
  expected: string,
): Verdict | undefined {
  if (!data) return undefined;
  const isSame = mediaType(contentType) === mediaType(expected);
  return isSame ? undefined : { status: 409, headers: {} };
}

const mediaType = (type: string | undefined) =>
  type?.split(";")[0]?.trim().toLowerCase();

function checkSequence(
  { sequence }: Append,
  last: string | undefined,
): Verdict | undefined {
  if (sequence === undefined || last === undefined || sequence > last) {
    return undefined;
  }
  return { status: 409, headers: {} };
}
