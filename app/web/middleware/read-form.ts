import type { IncomingMessage } from "node:http";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import type { Form, WebMiddleware } from "./web-context";

/** The longest message as line breaks, which a form sends as six bytes each, and the other fields. */
const MAX_BODY_BYTES = 6 * limits.messageBytes + 64 * 1024;

/**
 * Reads the forms that our pages send.
 *
 * @throws VisibleError 413 if it is too long, 415 if it is something else, 400 if it is not UTF-8.
 */
export function readForm(): WebMiddleware {
  return async (ctx, next) => {
    if (ctx.method === "POST") {
      ctx.state.form = await formOf(ctx.req);
    }
    await next();
  };
}

async function formOf(request: IncomingMessage): Promise<Form> {
  const body = await readBody(request);
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  if (body.length > 0 && type !== "application/x-www-form-urlencoded") {
    throw new VisibleError(
      415,
      "Forms are sent as application/x-www-form-urlencoded.",
    );
  }
  return parseForm(body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read and dropped: a browser whose upload is cut shows no answer.
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    if (length > 16 * MAX_BODY_BYTES) break;
  }
  if (length > MAX_BODY_BYTES) {
    throw new VisibleError(
      413,
      "That is more than can be sent at once. Go back: your browser has kept what you typed. Then send a shorter part of it.",
    );
  }
  return Buffer.concat(chunks);
}

/** @throws VisibleError 400 if it is not UTF-8. */
function parseForm(body: Buffer): Form {
  const form = new Map<string, string>();
  for (const pair of body.toString("latin1").split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    if (value !== "" || !form.has(name)) form.set(name, value);
  }
  return form;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(encoded: string): string {
  const bytes = Buffer.from(
    encoded
      .replace(/\+/g, " ")
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    "latin1",
  );
  try {
    // Browsers send every line break of a text field as CR LF; texts here have LF.
    return utf8.decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    throw new VisibleError(
      400,
      "The text that arrived is not valid UTF-8, so it was not taken. Check the program or the browser extension that sent it.",
    );
  }
}
