import type { IncomingMessage } from "node:http";
import { limitBody } from "../../core/runtime/server";
import { withoutPrototype } from "../../core/storage/json";
import { limits } from "../../core/domain/records";
import { VisibleError } from "../../core/domain/errors";

/** The longest message if JSON escapes each byte with six. */
const BODY_BYTES = 6 * limits.messageBytes + 4096;

/**
 * Reads a request's body as JSON.
 *
 * @returns `undefined` if there is no body.
 * @throws VisibleError 415, 413 or 400 for what is not JSON in UTF-8 of a sane size.
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  limitBody(request);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new VisibleError(415, "Send application/json.");
  }
  return parse(bytes);
}

/** Reads on after the limit: a client reads the answer only once it has sent its body. */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  const tooLong = new VisibleError(
    413,
    `The body is longer than ${BODY_BYTES} bytes.`,
  );
  if (Number(request.headers["content-length"]) > BODY_BYTES) {
    return Promise.reject(tooLong);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > BODY_BYTES) reject(tooLong);
      else chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text, withoutPrototype);
  } catch (error) {
    throw new VisibleError(400, "The body is not JSON in UTF-8.", {
      cause: error,
    });
  }
}
