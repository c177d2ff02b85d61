/*
 * The few parts of Streamlit's Protocol Buffers that a chat needs. The numbers are those of the fields in
 * its files BackMsg.proto, ForwardMsg.proto, ClientState.proto and Element.proto.
 */

/** A message of the server as a chat's page understands it. */
export interface PageChange {
  /** The page's new query. */
  query?: string;
  /** The id of the message box. */
  box?: string;
  /** A text in the page, whole. */
  text?: string;
  /** An exception of the script, as the page shows it. */
  exception?: string;
  /** True if the script has run to its end. */
  isFinished: boolean;
}

export function readChange(message: Uint8Array): PageChange {
  const at = (...path: number[]) => textAt(message, path);
  return {
    query: at(12, 1),
    box: at(5, 3, 49, 1),
    text: at(5, 3, 29, 1),
    exception: at(5, 3, 8, 2),
    isFinished: fieldsOf(message).has(6),
  };
}

/** Asks for a run of the script. @param typed A text for the message box of this id. */
export function rerun(
  query: string,
  typed?: { box: string; text: string },
): Uint8Array {
  const states = typed
    ? field(2, field(1, field(1, typed.box), field(15, field(1, typed.text))))
    : Buffer.alloc(0);
  return field(11, field(1, query), states);
}

/** A field with a text, or with a message of further fields. */
function field(number: number, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([
    varint(number * 8 + LENGTH_DELIMITED),
    varint(body.length),
    body,
  ]);
}

const LENGTH_DELIMITED = 2;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function textAt(message: Uint8Array, path: number[]): string | undefined {
  let found: Uint8Array | undefined = message;
  for (const number of path) found = found && fieldsOf(found).get(number);
  return found && Buffer.from(found).toString("utf8");
}

/** The last value of each field; numbers are empty. */
function fieldsOf(message: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 0x80) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = readVarint();
    const type = tag % 8;
    let value: Uint8Array = new Uint8Array();
    if (type === 0) readVarint();
    else if (type === 1) take(8);
    else if (type === 5) take(4);
    else value = take(readVarint());
    fields.set(Math.floor(tag / 8), value);
  }
  return fields;
}
