import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { WebMiddleware } from "./web-context";

/**
 * Shorter pages go as they are: they fit the first flight or two of a connection, and compressing
 * one costs as much time as rendering it.
 */
const WORTH_COMPRESSING = 16 * 1024;

/** Balances a page's weight against the processor: higher ones win a few per cent at twice the cost. */
const BROTLI_QUALITY = 4;
const GZIP_LEVEL = 5;

/** Compresses long pages, off the main thread. What is streamed is left alone. */
export function compressPages(): WebMiddleware {
  return async (ctx, next) => {
    await next();
    const { body } = ctx;
    if (typeof body !== "string" || body.length < WORTH_COMPRESSING) return;
    ctx.vary("accept-encoding");
    const encoding = ctx.acceptsEncodings("br", "gzip", "identity");
    if (encoding !== "br" && encoding !== "gzip") return;
    const { type } = ctx;
    ctx.body = await compress[encoding](body);
    ctx.set("content-encoding", encoding);
    ctx.set("content-type", `${type}; charset=utf-8`);
  };
}

const compress = {
  gzip: (text: string) => promisify(gzip)(text, { level: GZIP_LEVEL }),
  br: (text: string) =>
    promisify(brotliCompress)(text, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
      },
    }),
};
