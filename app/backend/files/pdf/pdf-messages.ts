/** The request to the process that reads a PDF. */
export interface PdfRequest {
  path: string;
  /** The length of the PDF at the beginning of the file. */
  bytes: number;
  maxPages: number;
  maxTextBytes: number;
  timeoutMs: number;
  /** The memory of the whole process. */
  memoryBytes: number;
}

export type PdfAnswer =
  | {
      kind: "read";
      pages: number;
      text: string;
      /** True if the text ends before the PDF does. */
      isCut: boolean;
    }
  /** It needs a password. */
  | { kind: "protected" }
  | { kind: "damaged" };
