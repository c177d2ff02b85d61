import { errorCode } from "../../core/runtime/errors";

/** Node's codes for a read behind the end of a buffer. */
const ENDS_EARLY = new Set(["ERR_OUT_OF_RANGE", "ERR_BUFFER_OUT_OF_BOUNDS"]);

/** In pixels. */
export interface PixelSize {
  width: number;
  height: number;
}

/**
 * The size of a picture as its header has it. No pixel is decoded. Each reader looks at a fixed place,
 * or moves forward with each step, so that no header can make it run for long.
 *
 * @param head The beginning of the file.
 * @returns `undefined` if there is no valid header.
 */
export function imageSize(head: Buffer, type: string): PixelSize | undefined {
  try {
    const size = readers[type]?.(head);
    return size && size.width > 0 && size.height > 0 ? size : undefined;
  } catch (error) {
    if (ENDS_EARLY.has(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

const readers: Record<string, (head: Buffer) => PixelSize | undefined> = {
  "image/png": (head) => ({
    width: head.readUInt32BE(16),
    height: head.readUInt32BE(20),
  }),
  "image/gif": (head) => ({
    width: head.readUInt16LE(6),
    height: head.readUInt16LE(8),
  }),
  "image/jpeg": jpegSize,
  "image/webp": webpSize,
};

/** The markers of a JPEG's frame header: all from C0 to CF but three. */
const isFrame = (marker: number) =>
  marker >= 0xc0 &&
  marker <= 0xcf &&
  marker !== 0xc4 &&
  marker !== 0xc8 &&
  marker !== 0xcc;

function jpegSize(head: Buffer): PixelSize | undefined {
  for (let at = 2; ;) {
    if (head.readUInt8(at) !== 0xff) return undefined;
    const marker = head.readUInt8(at + 1);
    if (marker === 0xff) {
      // Padding.
      at += 1;
    } else if (isFrame(marker)) {
      return {
        height: head.readUInt16BE(at + 5),
        width: head.readUInt16BE(at + 7),
      };
    } else {
      const length = head.readUInt16BE(at + 2);
      if (length < 2) return undefined;
      at += 2 + length;
    }
  }
}

function webpSize(head: Buffer): PixelSize | undefined {
  switch (head.toString("latin1", 12, 16)) {
    case "VP8 ":
      return {
        width: head.readUInt16LE(26) & 0x3fff,
        height: head.readUInt16LE(28) & 0x3fff,
      };
    case "VP8L": {
      const bits = head.readUInt32LE(21);
      return {
        width: (bits & 0x3fff) + 1,
        height: ((bits >>> 14) & 0x3fff) + 1,
      };
    }
    case "VP8X":
      return {
        width: head.readUIntLE(24, 3) + 1,
        height: head.readUIntLE(27, 3) + 1,
      };
    default:
      return undefined;
  }
}
