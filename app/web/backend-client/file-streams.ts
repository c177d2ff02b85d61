import { sentence } from "../../core/texts/catalogue";
import type { Readable } from "node:stream";
import { FILE_HEADER, FILE_NAME_HEADER } from "../../core/api/file-operations";
import { VisibleError } from "../../core/domain/errors";
import {
  FileRef,
  Import,
  limits,
  type Prompt,
} from "../../core/domain/records";
import { type Logger, withoutToken } from "../../core/runtime/log";
import type { Api, ApiContext } from "./api";
import { toError, unreachable } from "./decode-answer";
import { contextHeaders } from "./encode-call";
import type { StreamedAnswer, StreamRequest, Transport } from "./transport";

/** For one file on a slow line. */
const UPLOAD_MS = limits.uploadMinutes * 60_000;

/** More than any answer to an upload has. */
const MAX_ANSWER_BYTES = 64 * 1024;

type Upload = Parameters<Api["uploadFile"]>[1];

export interface FileStreamsDeps {
  transport: Pick<Transport, "exchangeStream">;
  /** For the header `Host`. */
  host: string;
  log: Logger;
}

/** Sends files to the backend, and reads them, piece by piece. */
export class FileStreams {
  constructor(private readonly deps: FileStreamsDeps) {}

  async upload(context: ApiContext, upload: Upload): Promise<FileRef> {
    return FileRef.parse(await this.send(context, "/v1/files", upload));
  }

  async beginImport(context: ApiContext, upload: Upload): Promise<Import> {
    return Import.parse(await this.send(context, "/v1/imports", upload));
  }

  private async send(
    context: ApiContext,
    path: string,
    { name, key, content }: Upload,
  ): Promise<unknown> {
    const answer = await this.exchange(context, {
      method: "POST",
      path,
      headers: {
        "content-type": "application/octet-stream",
        [FILE_NAME_HEADER]: encodeURIComponent(name.toWellFormed()),
        "idempotency-key": encodeURIComponent(key),
        "keepsake-deadline-ms": String(UPLOAD_MS),
      },
      body: content,
      signal: AbortSignal.timeout(UPLOAD_MS),
    });
    const body = await bytesOf(answer.body);
    if (answer.status !== 201) throw toError({ ...answer, body });
    return JSON.parse(body.toString()) as unknown;
  }

  async read(
    context: ApiContext,
    conversation: string,
    file: string,
  ): ReturnType<Api["readFile"]> {
    const ids = [conversation, file].map(encodeURIComponent);
    return this.open(context, `/v1/conversations/${ids.join("/files/")}`);
  }

  async readShared(
    context: ApiContext,
    { token, message, file }: Parameters<Api["readSharedFile"]>[1],
  ): ReturnType<Api["readSharedFile"]> {
    const [of, id] = [token, file].map(encodeURIComponent);
    const path = `/v1/shared/${of}/messages/${message}/files/${id}`;
    return this.open(context, path);
  }

  private async open(
    context: ApiContext,
    path: string,
  ): ReturnType<Api["readFile"]> {
    const answer = await this.exchange(context, {
      method: "GET",
      path,
      headers: { "keepsake-deadline-ms": String(UPLOAD_MS) },
      signal: context.signal ?? AbortSignal.timeout(UPLOAD_MS),
    });
    const { status, headers, body: content } = answer;
    if (status !== 200) {
      throw toError({ status, body: await bytesOf(content) });
    }
    const about = decodeURIComponent(String(headers[FILE_HEADER]));
    return { file: FileRef.parse(JSON.parse(about)), content };
  }

  private async exchange(
    context: ApiContext,
    request: StreamRequest,
  ): Promise<StreamedAnswer> {
    const { transport, host, log } = this.deps;
    const headers = { ...contextHeaders(context, host), ...request.headers };
    try {
      return await transport.exchangeStream({ ...request, headers });
    } catch (error) {
      // The visitor's own stream ended early, or was refused.
      if (request.body?.errored) throw request.body.errored;
      context.signal?.throwIfAborted();
      const { requestId } = context;
      const path = withoutToken(request.path);
      log.error({ error, requestId, path }, "file stream failed");
      throw unreachable(error);
    }
  }
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces);
}

/**
 * A backend of the version before, which a rollout has not replaced yet, saves a message without its
 * files.
 *
 * @throws VisibleError 503
 */
export function requireFiles(
  message: Prompt,
  files: readonly string[] = [],
): void {
  if (files.length === 0 || message.files) return;
  throw new VisibleError(503, sentence("problem.filesWhileUpdating"));
}
