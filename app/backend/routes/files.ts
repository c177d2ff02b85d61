import { Readable } from "node:stream";
import type { IncomingMessage } from "node:http";
import { FILE_HEADER, FILE_NAME_HEADER } from "../../core/api/file-operations";
import { NotFoundError, VisibleError } from "../../core/domain/errors";
import { FileRef, idPattern } from "../../core/domain/records";
import type { ParameterizedContext } from "koa";
import type { BackendState } from "../backend-state";
import type { ConversationSettings } from "../conversations/conversation-settings";
import type { FileStore, StoredFile } from "../files/file-store";
import type { Uploads } from "../files/uploads";
import { keyOf } from "../middleware/validate";
import { type BackendRouter, implement } from "./implement";

export interface FileRoutesDeps {
  fileStore: FileStore;
  uploads: Uploads;
  settings: Pick<ConversationSettings, "read">;
}

/** Uploads and downloads of files, as streams. */
export function serveFiles(
  router: BackendRouter,
  { fileStore: files, uploads, settings }: FileRoutesDeps,
): void {
  router.post("/v1/files", async (ctx) => {
    ctx.state.operation = "uploadFile";
    await receive(ctx, (owner, sent) => uploads.save(owner, sent));
  });
  router.get("/v1/conversations/:id/files/:file", async (ctx) => {
    ctx.state.operation = "readFile";
    const { id = "", file = "" } = ctx.params;
    const { ownerHash } = ctx.state;
    // Both become file names.
    if (!idPattern.test(id) || !idPattern.test(file)) throw notFound();
    await settings.read(ownerHash, id);
    const found = await files.open({ ownerHash, conversation: id }, file);
    if (!found) throw notFound();
    const about = FileRef.parse({ ...found.record, id: file });
    await sendFile(ctx, about, found);
  });
  implement(router, "describeUpload", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const found = await files.describeUpload(ownerHash, input.params.file);
    if (!found) throw notFound();
    ctx.body = found;
  });
  implement(router, "discardFile", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await files.discard(ownerHash, input.params.file);
  });
}

/** A file that arrives. */
interface Sent {
  name: string;
  content: AsyncIterable<Buffer>;
  key: string | undefined;
}

/**
 * Takes the file that is a request's body, and answers with what it became.
 *
 * @throws VisibleError 400 for a name that can't be decoded, 415 for another type of body.
 */
export async function receive(
  ctx: ParameterizedContext<BackendState>,
  store: (ownerHash: string, sent: Sent) => Promise<object>,
): Promise<void> {
  const name = fileName(ctx.get(FILE_NAME_HEADER));
  const key = keyOf({ repeatable: "keyed" }, ctx);
  requireBytes(ctx.req);
  const content = bytesOf(ctx.req);
  ctx.body = await store(ctx.state.ownerHash, { name, content, key }).finally(
    () => ctx.req.resume(),
  );
  ctx.status = 201;
}

/** Answers with a file as a stream, which is closed at the end. */
export async function sendFile(
  ctx: ParameterizedContext<BackendState>,
  about: FileRef,
  file: StoredFile,
): Promise<void> {
  ctx.set(FILE_HEADER, encodeURIComponent(JSON.stringify(about)));
  ctx.set("cache-control", "private, no-cache");
  ctx.type = "application/octet-stream";
  ctx.status = 200;
  ctx.length = about.bytes;
  if (ctx.method === "HEAD") await file.close();
  else ctx.body = streamOf(file);
}

function fileName(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    throw new VisibleError(400, `Send ${FILE_NAME_HEADER} percent-encoded.`);
  }
}

function requireBytes({ headers }: IncomingMessage): void {
  if (headers["content-type"] === "application/octet-stream") return;
  throw new VisibleError(415, "Send application/octet-stream.");
}

/** Leaving it early must not close the connection: the answer goes through it. */
const bytesOf = (request: IncomingMessage) =>
  request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;

const PIECE_BYTES = 64 * 1024;

/** The bytes of a stored file, which is closed at the end. */
export async function* piecesOf({
  record,
  read,
  close,
}: StoredFile): AsyncGenerator<Buffer, void> {
  try {
    for (let at = 0; at < record.bytes;) {
      const length = Math.min(PIECE_BYTES, record.bytes - at);
      const piece = await read(at, length);
      if (piece.length === 0) throw new Error("A stored file ends early");
      yield piece;
      at += piece.length;
    }
  } finally {
    await close();
  }
}

function streamOf(file: StoredFile): Readable {
  const stream = Readable.from(piecesOf(file), { objectMode: false });
  // A stream that is left before its first piece never enters the generator.
  return stream.once("close", () => void file.close());
}

const notFound = () => new NotFoundError("file");
