import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { type FileRef, limits } from "../../core/domain/records";
import { derivedId, newId } from "../ids";
import type { Quotas } from "../owners/quotas";
import type { FileStore } from "./file-store";

/** Files that an owner may have uploaded and not sent: a visitor attaches some, and changes their mind. */
const MAX_UNSENT = 50;

export interface UploadsDeps {
  files: FileStore;
  quotas: Pick<Quotas, "bytesLeft" | "refuseBytes">;
}

/** Takes uploads within an owner's limits. */
export class Uploads {
  constructor(private readonly deps: UploadsDeps) {}

  /**
   * Stores a file, which is on disk when this resolves.
   *
   * @param upload.key The idempotency key: repeated on any process, it stores one file.
   * @throws VisibleError (403, 409, 413, 422 or 503) with the reason.
   */
  async save(
    ownerHash: string,
    upload: {
      name: string;
      content: AsyncIterable<Buffer>;
      key?: string | undefined;
    },
  ): Promise<FileRef> {
    const { files, quotas } = this.deps;
    const [unsent, left] = await Promise.all([
      files.measureUploads(ownerHash),
      quotas.bytesLeft(ownerHash),
    ]);
    if (unsent.count >= MAX_UNSENT) throw tooManyUnsent();
    const { name, content, key } = upload;
    const id = key ? derivedId("file", ownerHash, key) : newId();
    const checkSize = (bytes: number) => {
      if (bytes > limits.fileBytes) throw tooLarge();
      if (bytes > left - unsent.bytes) throw quotas.refuseBytes("file");
    };
    return files.save(ownerHash, { id, name, content, checkSize });
  }
}

const tooManyUnsent = () =>
  new VisibleError(403, sentence("problem.unsentFiles", { limit: MAX_UNSENT }));

const tooLarge = () =>
  new VisibleError(
    413,
    sentence("problem.fileSize", { megabytes: limits.fileBytes / 1024 ** 2 }),
  );
