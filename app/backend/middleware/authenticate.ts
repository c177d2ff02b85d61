import type { Middleware } from "koa";
import { hashOf } from "../../core/storage/layout/hashes";
import { VisibleError } from "../../core/domain/errors";
import { bearer, isKnown, type Tokens } from "../../core/config/tokens";
import type { BackendState } from "../backend-state";

/** Any visible characters: the web process chooses owner ids. */
const OWNER = /^[\x21-\x7e]{1,512}$/;

/** Accepts only callers with an internal token, and reads the owner that they act for. */
export function authenticate(tokens: Tokens): Middleware<BackendState> {
  return async (ctx, next) => {
    if (!(await isKnown(tokens, bearer(ctx.get("authorization"))))) {
      ctx.set("www-authenticate", "Bearer");
      throw new VisibleError(401, "Send the INTERNAL_TOKEN as a bearer token.");
    }
    const owner = ctx.get("keepsake-owner");
    if (!OWNER.test(owner)) {
      throw new VisibleError(
        400,
        "Send the owner of the records as keepsake-owner.",
      );
    }
    ctx.state.owner = owner;
    ctx.state.ownerHash = hashOf(owner);
    await next();
  };
}
