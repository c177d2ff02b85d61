import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { PdfAnswer, PdfRequest } from "./pdf-messages";

/*
 * A process that reads one PDF, and may be killed at any time. A PDF can hang a parser or make it
 * fill the memory, so no process with anything else to do runs one.
 */

/** Watches from a thread of its own: a parser that loops lets no timer of its thread run. */
const WATCHDOG = `
  const { workerData } = require("node:worker_threads");
  const until = Date.now() + workerData.timeoutMs;
  setInterval(() => {
    if (process.memoryUsage.rss() > workerData.memoryBytes || Date.now() > until)
      process.kill(process.pid, "SIGKILL");
  }, 20);
`;

process.once("message", (request: PdfRequest) => {
  const { timeoutMs, memoryBytes } = request;
  const workerData = { timeoutMs, memoryBytes };
  new Worker(WATCHDOG, { eval: true, workerData }).unref();
  void answer(request);
});
// The parent has died.
process.once("disconnect", () => process.exit());

async function answer(request: PdfRequest): Promise<void> {
  const answered = await read(request).catch((error: unknown): PdfAnswer => ({
    kind: nameOf(error) === "PasswordException" ? "protected" : "damaged",
  }));
  process.send?.(answered, () => process.exit());
}

async function read({
  path,
  bytes,
  maxPages,
  maxTextBytes,
}: PdfRequest): Promise<PdfAnswer> {
  const { getDocumentProxy } = await import("unpdf");
  const data = new Uint8Array((await readFile(path)).subarray(0, bytes));
  const pdf = await getDocumentProxy(data, {
    isEvalSupported: false,
    stopAtErrors: false,
    verbosity: 0,
  });
  const pages = pdf.numPages;
  const texts: string[] = [];
  let left = maxTextBytes;
  let number = 1;
  for (; number <= Math.min(pages, maxPages) && left > 0; number++) {
    const page = await pdf.getPage(number);
    const text = textOf((await page.getTextContent()).items);
    page.cleanup();
    const piece = cut(text, left);
    left -= Buffer.byteLength(piece) + 1;
    texts.push(piece);
    if (piece.length < text.length) left = 0;
  }
  const isCut = number <= pages || left <= 0;
  return { kind: "read", pages, text: texts.join("\n").trim(), isCut };
}

function textOf(items: readonly object[]): string {
  return items
    .map((item) => {
      if (!("str" in item)) return "";
      const isLineEnd = "hasEOL" in item && item.hasEOL === true;
      return `${String(item.str)}${isLineEnd ? "\n" : ""}`;
    })
    .join("")
    .toWellFormed()
    .replaceAll("\0", "");
}

/** The beginning of a text that takes so many bytes as UTF-8. */
function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  // Half a character at the end becomes U+FFFD.
  return bytes
    .subarray(0, maxBytes)
    .toString()
    .replace(/\uFFFD$/, "");
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? error.name : "";
