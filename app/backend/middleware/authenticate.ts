import type { Middleware } from "koa";
import { hashOf } from "../../core/storage/layout/hashes";
import { VisibleError } from "../../core/domain/errors";
import { bearer, isKnown, type Tokens } from "../../core/config/tokens";
import type { BackendState } from "../backend-state";

/** Any visible characters: what an owner's id is, is web's business. */
const OWNER = /^[\x21-\x7e]{1,512}$/;

/** Lets in only what comes from web, and finds out for whom it comes. */
export function authenticate(tokens: Tokens): Middleware<BackendState> {
  return async (ctx, next) => {
    if (!(await isKnown(tokens, bearer(ctx.get("authorization"))))) {
      ctx.set("www-authenticate", "Bearer");
      throw new VisibleError(
        401,
        "This API answers only Keepsake's own pages: send their INTERNAL_TOKEN.",
      );
    }
    const owner = ctx.get("keepsake-owner");
    if (!OWNER.test(owner)) {
      throw new VisibleError(
        400,
        "keepsake-owner must say whose records this is about.",
      );
    }
    ctx.state.ownerHash = hashOf(owner);
    await next();
  };
}
