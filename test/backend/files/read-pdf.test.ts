import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { PdfReader } from "../../../app/backend/files/pdf/read-pdf";
import { pdf } from "../../support/sample-files";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

const bounds = {
  timeoutMs: 60_000,
  memoryBytes: 300 * 1024 * 1024,
  maxPages: 500,
};

async function read(bytes: Buffer, changed: Partial<typeof bounds> = {}) {
  const file = path.join(await temporaryFolder(), "a.pdf");
  // As stored: something follows the PDF.
  await writeFile(file, Buffer.concat([bytes, Buffer.from("{}")]));
  const reader = new PdfReader({ ...bounds, ...changed }, ["--import", "tsx"]);
  return reader.read(file, bytes.length);
}

it("reads the text of all pages", async () => {
  expect(await read(pdf(["One", "Two"]))).toEqual({
    kind: "read",
    pages: 2,
    text: "One\nTwo",
    isCut: false,
  });
});

it("reads the first 500 of 5,000 pages", async () => {
  const lines = Array.from({ length: 5_000 }, (_, n) => `Page ${n + 1}.`);
  const found = await read(pdf(lines));
  expect(found).toMatchObject({ kind: "read", pages: 5_000, isCut: true });
  expect(found).toHaveProperty("text", lines.slice(0, 500).join("\n"));
});

it("gives up a PDF that fills the memory", async () => {
  const bomb = pdf(["x"], " ".repeat(400 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(1024 * 1024);
  expect(await read(bomb)).toEqual({ kind: "too-much" });
});

it("gives up a PDF that takes too long", async () => {
  const lines = Array.from({ length: 5_000 }, () => "x");
  const found = await read(pdf(lines), { timeoutMs: 1, maxPages: 5_000 });
  expect(found).toEqual({ kind: "too-much" });
});

it("finds a damaged PDF, and one that needs a password", async () => {
  expect(await read(Buffer.from("%PDF-1.4\nnothing"))).toEqual({
    kind: "damaged",
  });
  expect(await read(encrypted())).toEqual({ kind: "protected" });
});

it("leaves no process behind", async () => {
  await read(pdf(["One"]));
  const { stdout } = spawnSync("ps", [
    "--ppid",
    String(process.pid),
    "-o",
    "args=",
  ]);
  expect(stdout.toString()).not.toContain("pdf-child");
});

/** A PDF whose keys fit no empty password. */
function encrypted(): Buffer {
  const zeros = "00".repeat(32);
  const dictionary = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${zeros}> /U <${zeros}> >> /ID [<00> <00>] /Root`;
  const text = pdf(["One"]).toString("latin1").replace("/Root", dictionary);
  return Buffer.from(text, "latin1");
}
