import type { Middleware } from "koa";
import type { Assets } from "../rendering/assets";

const ONE_YEAR = "public, max-age=31536000, immutable";

/** Answers for everything under `/assets/`. */
export function staticFiles(assets: Assets): Middleware {
  return async (ctx, next) => {
    const found = ["GET", "HEAD"].includes(ctx.method)
      ? assets.find(ctx.path)
      : undefined;
    if (!found) {
      await next();
      return;
    }
    const { asset, isCurrent } = found;
    const encoding = ctx.acceptsEncodings("br", "gzip", "identity");
    ctx.type = asset.type;
    ctx.vary("accept-encoding");
    ctx.set("cache-control", isCurrent ? ONE_YEAR : "no-store");
    if (encoding === "br" || encoding === "gzip") {
      ctx.set("content-encoding", encoding);
      ctx.body = asset[encoding];
    } else {
      ctx.body = asset.identity;
    }
  };
}
