import { sniff } from "../../../app/backend/files/sniff";
import { TextCheck } from "../../../app/backend/files/text-check";
import { cleanFileName } from "../../../app/core/domain/file-names";
import { downloadName } from "../../../app/core/domain/file-types";
import { fc } from "../../support/fast-check";
import { gif, jpeg, pdf, png, webp } from "../../support/sample-files";

const size = { width: 640, height: 480 };

test.each([
  ["image/png", png(640, 480)],
  ["image/jpeg", jpeg(640, 480)],
  ["image/jpeg", jpeg(640, 480, 60_000)],
  ["image/gif", gif(640, 480)],
  ["image/webp", webp(640, 480)],
])("finds %s and its size in the bytes", (type, bytes) => {
  expect(sniff(bytes)).toEqual({ type, size });
});

it("finds a PDF, and nothing in text", () => {
  expect(sniff(pdf(["Hello"])).type).toBe("application/pdf");
  expect(sniff(Buffer.from("<svg/>")).type).toBeUndefined();
  expect(sniff(Buffer.from("PK\x03\x04")).type).toBeUndefined();
});

it("finds no size in the beginning of a header, however it ends", () => {
  for (const bytes of [png(9, 9), jpeg(9, 9), gif(9, 9), webp(9, 9)]) {
    const [, end] = bytes.length > 40 ? [0, 20] : [0, 8];
    expect(sniff(bytes.subarray(0, end)).size).toBeUndefined();
  }
  expect(sniff(png(0, 9)).size).toBeUndefined();
});

it("reads any bytes after a signature without an error", () => {
  const heads = [png(1, 1), jpeg(1, 1), gif(1, 1), webp(1, 1)].map((head) =>
    head.subarray(0, 16),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...heads),
      fc.uint8Array({ maxLength: 200 }),
      (head, rest) => {
        expect(sniff(Buffer.concat([head, rest])).type).toBeDefined();
      },
    ),
  );
});

const isText = (...pieces: (string | Buffer)[]) => {
  const check = new TextCheck();
  for (const piece of pieces) check.write(Buffer.from(piece));
  return check.end();
};

it("tells text in UTF-8 from other bytes, also where a piece ends within a character", () => {
  const [first, ...rest] = Buffer.from("é");
  expect(isText("tab\tand\r\n", Buffer.from([first!]), Buffer.from(rest))).toBe(
    true,
  );
  expect(isText(Buffer.from([first!]))).toBe(false);
  expect(isText("a\0b")).toBe(false);
  expect(isText(Buffer.from("caf\u00e9", "latin1"))).toBe(false);
});

test.each([
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\ada\\notes.txt", "notes.txt"],
  ["photo\u202egnp.exe", "photognp.exe"],
  ["a\0b\nc.txt", "abc.txt"],
  ["..", "file"],
  ["", "file"],
  ["../", "file"],
  ["\u2066x\u2069.pdf", "x.pdf"],
])("shortens the name %j to %j", (sent, name) => {
  expect(cleanFileName(sent)).toBe(name);
});

it("keeps the extension of a long name", () => {
  const name = cleanFileName(`${"😀".repeat(300)}.jpeg`);
  expect(name).toMatch(/….jpeg$/);
  expect(name.length).toBeLessThanOrEqual(200);
  expect(name.isWellFormed()).toBe(true);
});

test.each([
  ["page.html", "text/plain", "page.html.txt"],
  ["drawing.SVG", "text/plain", "drawing.SVG.txt"],
  ["picture.png", "text/plain", "picture.png.txt"],
  ["main.c", "text/plain", "main.c"],
  ["picture.html", "image/png", "picture.html.png"],
  ["picture.JPG", "image/jpeg", "picture.JPG"],
  ["report", "application/pdf", "report.pdf"],
  ["x.pdf.exe", "application/pdf", "x.pdf.exe.pdf"],
])("downloads %s, which is %s, as %s", (name, type, expected) => {
  expect(downloadName({ name, type })).toBe(expected);
});
