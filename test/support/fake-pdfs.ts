import type { PdfReader } from "../../app/backend/files/pdf/read-pdf";

/**
 * Reads PDFs without a process: one page with the text "Hello". Cannot notice what real PDFs contain;
 * `read-pdf.test.ts` reads them.
 */
export const fakePdfs: Pick<PdfReader, "read"> = {
  read: (_, bytes) =>
    Promise.resolve(
      bytes < 20
        ? { kind: "protected" }
        : { kind: "read", pages: 1, text: "Hello", isCut: false },
    ),
};
