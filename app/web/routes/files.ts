import { sentence } from "../../core/texts/catalogue";
import { createHash, randomUUID } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import type { Router } from "@koa/router";
import { LimitError, VisibleError } from "../../core/domain/errors";
import { downloadName, fileTypes, kindOf } from "../../core/domain/file-types";
import { type FileRef, limits } from "../../core/domain/records";
import type { ByteBudget } from "../forms/byte-budget";
import type { AddressLimits } from "../limits/address-limits";
import { UPLOAD_PATH } from "../middleware/read-form";
import type { WebContext, WebState } from "../middleware/web-context";
import type { RouteDeps } from "../pages/page-deps";
import { idOf } from "../pages/params";
import { createRouter } from "./create-router";

export interface UploadDeps {
  addressLimits: AddressLimits;
  /** Uploads that are on their way. */
  uploads: ByteBudget;
}

/** Files of messages: sent one by one by the script, and served. */
export function fileRoutes(deps: RouteDeps & UploadDeps): Router<WebState> {
  const router = createRouter();
  router.post(UPLOAD_PATH, async (ctx) => {
    const name = decoded(ctx.get("x-file-name"));
    const key = ctx.get("x-file-key") || randomUUID();
    const content = ctx.req;
    try {
      ctx.body = await upload(ctx, deps, { name, key, content });
      ctx.status = 201;
    } finally {
      content.unpipe();
      content.resume();
    }
  });
  router.get(`${UPLOAD_PATH}/:id`, async (ctx) => {
    ctx.set("cache-control", "no-store");
    ctx.body = await deps.api.describeUpload(ctx.state.api, idOf(ctx, "file"));
  });
  router.post(`${UPLOAD_PATH}/:id/delete`, async (ctx) => {
    await deps.api.discardFile(ctx.state.api, idOf(ctx, "file"));
    ctx.status = 204;
  });
  router.get("/conversations/:id/files/:file", async (ctx) => {
    const conversation = idOf(ctx, "conversation");
    const id = String(ctx.params.file);
    const found = await deps.api.readFile(ctx.state.api, conversation, id);
    // The backend is asked each time: the file may be deleted, or the visitor another.
    sendFile(ctx, found, "private, no-cache");
  });
  return router;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The ids of a message's files: those that the form names, and those that it brings along. */
export async function takeFiles(
  ctx: WebContext,
  deps: RouteDeps & UploadDeps,
): Promise<string[] | undefined> {
  const { multipart, typed, form } = ctx.state;
  const files = typed?.files ?? [];
  const formKey = form.get("key") ?? randomUUID();
  let number = 0;
  for await (const { name, content } of multipart?.files() ?? []) {
    if (files.length >= limits.filesPerMessage) throw tooMany();
    // The same form sent twice stores its files once.
    const key = keyOf(formKey, String(number++), name);
    const { id, name: stored } = await upload(ctx, deps, {
      name,
      key,
      content,
    });
    files.push({ id, name: stored });
  }
  return files.length > 0 ? files.map(({ id }) => id) : undefined;
}

const keyOf = (...parts: string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("base64url");

function upload(
  ctx: WebContext,
  deps: RouteDeps & UploadDeps,
  file: { name: string; key: string; content: Readable },
): Promise<FileRef> {
  const { api: context } = ctx.state;
  return passOn(ctx, deps, { content: file.content, weight: 1 }, (content) =>
    deps.api.uploadFile(context, { ...file, content }),
  );
}

/**
 * Passes a file on to the backend while it arrives.
 *
 * @param weight Its share of the uploads that a client may send at the same time.
 * @throws LimitError if too many are being sent.
 */
export async function passOn<T>(
  ctx: WebContext,
  { addressLimits, uploads }: UploadDeps,
  { content: source, weight }: { content: Readable; weight: number },
  send: (content: Readable) => Promise<T>,
): Promise<T> {
  const { network } = ctx.state;
  addressLimits.take("uploads", network);
  const lacking = uploads.take(network, weight);
  if (lacking) throw atLimit(lacking);
  const content = detached(source);
  try {
    return await send(content);
  } finally {
    uploads.giveBack(network, weight);
    source.unpipe();
  }
}

/** A stream that can be destroyed without the connection that brings its source. */
function detached(source: Readable): Readable {
  const content = new PassThrough();
  source.once("error", (error) => content.destroy(error));
  source.once("close", () => {
    if (!source.readableEnded) content.destroy(new Error("Broke off"));
  });
  content.on("error", () => undefined);
  source.pipe(content);
  return content;
}

const atLimit = (lacking: "client" | "all") =>
  new LimitError(
    "uploads",
    lacking === "client" ? 429 : 503,
    sentence("problem.uploadsAtOnce"),
    5,
  );

const tooMany = () =>
  new VisibleError(
    413,
    sentence("problem.filesPerMessage", { limit: limits.filesPerMessage }),
  );

/** Nothing that was uploaded can run: pictures are shown, and all else is saved. */
export function sendFile(
  ctx: WebContext,
  { file, content }: { file: FileRef; content: Readable },
  cacheControl: string,
): void {
  const isImage = kindOf(file) === "image";
  ctx.set("content-security-policy", "sandbox; default-src 'none'");
  ctx.set("cache-control", cacheControl);
  ctx.attachment(downloadName(file), {
    type: isImage ? "inline" : "attachment",
  });
  ctx.set("content-type", contentType(file));
  ctx.etag = file.id;
  ctx.status = 200;
  if (ctx.fresh || ctx.method === "HEAD") {
    content.destroy();
    if (ctx.fresh) ctx.status = 304;
    return;
  }
  ctx.length = file.bytes;
  ctx.body = content;
}

/** Text is text, whatever it contains. */
function contentType(file: FileRef): string {
  const kind = kindOf(file);
  if (kind === "text") return "text/plain; charset=utf-8";
  const isKnown = kind !== undefined && Object.hasOwn(fileTypes, file.type);
  return isKnown ? file.type : "application/octet-stream";
}
