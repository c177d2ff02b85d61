import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";
import type { FileRecord } from "../../core/storage/stored-file";
import type { PdfContent, PdfReader } from "./pdf/read-pdf";
import { HEAD_BYTES, sniff, type Sniffed } from "./sniff";
import { TextCheck } from "./text-check";

/** The findings about a file. */
export type Inspected = Pick<
  FileRecord,
  "type" | "width" | "height" | "pages" | "isTextCut"
> & { text?: string };

/** Finds out what a file is while it arrives. */
export class Inspection {
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private readonly textCheck = new TextCheck();
  /** Set once a signature was seen. */
  private hasSignature: boolean | undefined;

  constructor(
    private readonly name: string,
    private readonly pdfs: Pick<PdfReader, "read">,
  ) {}

  write(piece: Buffer): void {
    if (this.headBytes < HEAD_BYTES) {
      this.head.push(Buffer.from(piece));
      this.headBytes += piece.length;
    }
    if (this.hasSignature === undefined && this.headBytes >= 16) {
      this.hasSignature = sniff(Buffer.concat(this.head)).type !== undefined;
    }
    if (!this.hasSignature) this.textCheck.write(piece);
  }

  /**
   * @param file Its place on disk, for the PDF reader.
   * @throws VisibleError (422) if it is nothing that can be taken.
   */
  async end(file: string, bytes: number): Promise<Inspected> {
    if (bytes === 0) throw refused("empty", this.name);
    const found = sniff(Buffer.concat(this.head));
    if (found.type === "application/pdf") return this.readPdf(file, bytes);
    if (found.type !== undefined) return this.checkPicture(found);
    if (this.textCheck.end()) return { type: "text/plain" };
    throw refused("unknown", this.name);
  }

  private checkPicture({ type = "", size }: Sniffed): Inspected {
    if (!size) throw refused("picture", this.name);
    const { width, height } = size;
    const megapixels = (width * height) / 1e6;
    if (megapixels <= limits.megapixels) return { type, width, height };
    throw new VisibleError(
      422,
      sentence("problem.file.megapixels", {
        name: this.name,
        megapixels: Math.ceil(megapixels),
        limit: limits.megapixels,
      }),
    );
  }

  private async readPdf(file: string, bytes: number): Promise<Inspected> {
    const type = "application/pdf";
    const found = await this.pdfs.read(file, bytes);
    if (found.kind !== "read") throw refused(found.kind, this.name);
    const { pages, text, isCut } = found;
    return { type, pages, text, ...(isCut && { isTextCut: true }) };
  }
}

type Fault = "empty" | "unknown" | "picture" | UnreadPdf["kind"];
type UnreadPdf = Exclude<PdfContent, { kind: "read" }>;

const refused = (fault: Fault, name: string) =>
  new VisibleError(422, sentence(`problem.file.${fault}`, { name }));
