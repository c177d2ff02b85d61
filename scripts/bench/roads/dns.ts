import { createSocket } from "node:dgram";

/** A name server that resolves every name to the same address, with a TTL of 1 s. */
export function serveNames(address: string, port: number): void {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    socket.send(answer(query, address), from.port, from.address);
  });
  socket.bind(port);
}

const HEADER_BYTES = 12;
const A_RECORD = 1;

function answer(query: Buffer, address: string): Buffer {
  let end = HEADER_BYTES;
  while (query[end]) end += 1 + (query[end] ?? 0);
  const question = query.subarray(HEADER_BYTES, end + 5);
  const isA = query.readUInt16BE(end + 1) === A_RECORD;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // An authoritative response to one question, with one answer or none.
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isA ? 1 : 0, 6);
  return Buffer.concat([header, question, isA ? record(address) : Buffer.of()]);
}

/** The name of the question again, type A, class IN, one second, four bytes. */
const record = (address: string): Buffer =>
  Buffer.of(
    0xc0,
    HEADER_BYTES,
    0,
    A_RECORD,
    0,
    1,
    0,
    0,
    0,
    1,
    0,
    4,
    ...address.split(".").map(Number),
  );
