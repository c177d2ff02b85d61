import { deflateSync } from "node:zlib";

/*
 * Files as visitors send them, made byte by byte. Cannot notice what real programs write differently:
 * their headers have more parts.
 */

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/** A valid PNG of one colour. */
export function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0], 8);
  // An attacker's file claims more than it has.
  const bytes = Math.min(height * (width + 1), 1_000_000);
  const pixels = deflateSync(Buffer.alloc(bytes, 0x77));
  const chunks = [chunk("IHDR", header), chunk("IDAT", pixels)];
  return Buffer.concat([SIGNATURE, ...chunks, chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  return ~crc >>> 0;
}

/** The header of a JPEG, after a comment of some length. */
export function jpeg(width: number, height: number, comment = 20): Buffer {
  const before = Buffer.alloc(comment + 4);
  before.set([0xff, 0xfe]);
  before.writeUInt16BE(comment + 2, 2);
  const frame = Buffer.alloc(19);
  frame.set([0xff, 0xc0, 0, 17, 8]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), before, frame]);
}

export function gif(width: number, height: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width, 0);
  size.writeUInt16LE(height, 2);
  return Buffer.concat([Buffer.from("GIF89a"), size, Buffer.from([0, 0, 0])]);
}

/** The header of an extended WebP. */
export function webp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write("RIFF", 0);
  bytes.write("WEBPVP8X", 8);
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

/** A PDF with a line of text on each page. @param padding White space in each page's content. */
export function pdf(lines: readonly string[], padding = ""): Buffer {
  const objects: Buffer[] = [];
  const add = (body: string | Buffer) => objects.push(Buffer.from(body));
  add("<< /Type /Catalog /Pages 2 0 R >>");
  const first = 4;
  const kids = lines.map((_, index) => `${first + index * 2 + 1} 0 R`);
  add(`<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${lines.length} >>`);
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  for (const [index, line] of lines.entries()) {
    const content = deflateSync(
      `BT /F1 12 Tf 72 720 Td (${line}) Tj ET${padding}`,
    );
    const head = `<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`;
    add(
      Buffer.concat([Buffer.from(head), content, Buffer.from("\nendstream")]),
    );
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${first + index * 2} 0 R >>`,
    );
  }
  return assemble(objects);
}

function assemble(objects: readonly Buffer[]): Buffer {
  const parts = [Buffer.from("%PDF-1.4\n")];
  let at = parts[0]!.length;
  const offsets = objects.map((body, index) => {
    const begin = at;
    const object = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      body,
      Buffer.from("\nendobj\n"),
    ]);
    parts.push(object);
    at += object.length;
    return begin;
  });
  const count = objects.length + 1;
  const entries = offsets.map(
    (offset) => `${String(offset).padStart(10, "0")} 00000 n \n`,
  );
  const table = `xref\n0 ${count}\n0000000000 65535 f \n${entries.join("")}`;
  const end = `trailer << /Size ${count} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(table + end)]);
}
