import { sentence } from "../../core/texts/catalogue";
import type { IncomingMessage } from "node:http";
import { VisibleError } from "../../core/domain/errors";
import { limitBody } from "../../core/runtime/server";
import type { Registry } from "../../core/runtime/metrics";
import { maxFileBytes, maxFormBytes } from "../forms/form-limits";
import { FormMemory, type OpenForm } from "../forms/form-memory";
import { FormParser, tooLong } from "../forms/form-parser";
import { MultipartForm } from "../forms/multipart-form";
import type { Form, WebMiddleware } from "./web-context";

/**
 * Reads the forms that our pages send, within bounds for each form and for all of them.
 *
 * @throws VisibleError 413 if it is too long, 415 if it is something else, 400 if it is not UTF-8, 429
 *   or 503 if too much is sent at once.
 */
export function readForm(metrics: Registry): WebMiddleware {
  const memory = new FormMemory(metrics);
  return async (ctx, next) => {
    if (ctx.method !== "POST") {
      await next();
      return;
    }
    // A file by itself: its route reads it.
    if (ctx.path === UPLOAD_PATH) {
      ctx.state.form = new Map();
      await next();
      return;
    }
    const open = memory.open(ctx.state.network);
    try {
      await begin(ctx, open);
      // Its text is held until the request was handled.
      await next();
    } finally {
      ctx.state.multipart?.drain();
      open.close();
    }
  };
}

/** The address to which the script sends a file by itself. */
export const UPLOAD_PATH = "/files";

async function begin(
  { req, path, state }: Parameters<WebMiddleware>[0],
  open: OpenForm,
): Promise<void> {
  const fileBytes = maxFileBytes(path);
  const isMultipart = MULTIPART.test(req.headers["content-type"] ?? "");
  if (isMultipart && fileBytes !== undefined) {
    const begun = MultipartForm.begin(req, open, fileBytes);
    const multipart = await begun.catch((error) => {
      req.unpipe();
      req.resume();
      throw error;
    });
    state.multipart = multipart;
    state.form = multipart.form;
    return;
  }
  limitBody(req);
  state.form = await read(req, maxFormBytes(path), open);
}

const MULTIPART = /^multipart\/form-data\s*;/i;

async function read(
  request: IncomingMessage,
  maxBytes: number,
  open: OpenForm,
): Promise<Form> {
  const { headers } = request;
  const length = Number(headers["content-length"] ?? 0);
  if (length > maxBytes) throw tooLong();
  const type = headers["content-type"]?.split(";")[0]?.trim();
  const isForm = type === "application/x-www-form-urlencoded";
  const parser = new FormParser();
  try {
    await eachChunk(request, (chunk) => {
      if (!isForm) throw notAForm();
      if (open.length + chunk.length > maxBytes) throw tooLong();
      open.grow(chunk.length);
      parser.write(chunk);
    });
  } catch (error) {
    // The rest is read and dropped: a browser whose upload is cut shows no answer.
    request.resume();
    throw error;
  }
  return parser.end();
}

async function eachChunk(
  request: IncomingMessage,
  take: (chunk: Buffer) => void,
): Promise<void> {
  // Leaving the loop early must not close the connection: the answer goes through it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    take(chunk as Buffer);
  }
}

const notAForm = () => new VisibleError(415, sentence("problem.formType"));
