import { imageSize, type PixelSize } from "./image-size";

/** The bytes that {@link sniff} needs: pictures of cameras have their size behind long comments. */
export const HEAD_BYTES = 1024 * 1024;

/** The findings in the first bytes of a file. */
export interface Sniffed {
  /** `undefined` for text, and for whatever is not accepted. */
  type: string | undefined;
  /** A picture's size; `undefined` if its header has none. */
  size?: PixelSize | undefined;
}

const SIGNATURES: [type: string, isIt: (head: Buffer) => boolean][] = [
  ["image/png", (head) => begins(head, "89504e470d0a1a0a")],
  ["image/jpeg", (head) => begins(head, "ffd8ff")],
  ["image/gif", (head) => /^GIF8[79]a$/.test(latin(head, 0, 6))],
  [
    "image/webp",
    (head) => latin(head, 0, 4) === "RIFF" && latin(head, 8, 12) === "WEBP",
  ],
  ["application/pdf", (head) => latin(head, 0, 5) === "%PDF-"],
];

/** Finds out the type of a file from its first bytes: its name and its sender have no say. */
export function sniff(head: Buffer): Sniffed {
  const type = SIGNATURES.find(([, isIt]) => isIt(head))?.[0];
  if (type === undefined || !type.startsWith("image/")) return { type };
  return { type, size: imageSize(head, type) };
}

const begins = (head: Buffer, hex: string) =>
  head.subarray(0, hex.length / 2).toString("hex") === hex;

const latin = (head: Buffer, from: number, to: number) =>
  head.toString("latin1", from, to);
