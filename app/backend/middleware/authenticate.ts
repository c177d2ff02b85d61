import { createHash, timingSafeEqual } from "node:crypto";
import type { Middleware } from "koa";
import { VisibleError } from "../../shared/errors";
import type { Tokens } from "../../shared/Tokens";
import type { BackendState } from "../BackendState";

/** Any visible characters: what an owner's id is, is web's business. */
const OWNER = /^[\x21-\x7e]{1,512}$/;

/** Lets in only what comes from web, and finds out for whom it comes. */
export function authenticate(tokens: Tokens): Middleware<BackendState> {
  return async (ctx, next) => {
    if (!(await isWeb(tokens, bearer(ctx.get("authorization"))))) {
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
    ctx.state.ownerHash = sha256(owner).toString("hex");
    await next();
  };
}

/** An unknown token may be one that came just now. */
async function isWeb(tokens: Tokens, given: string): Promise<boolean> {
  return (
    isOneOf(await tokens.current(), given) ||
    isOneOf(await tokens.renewed(), given)
  );
}

/** Takes as long for a token that is nearly right as for any other. */
function isOneOf(tokens: readonly string[], given: string): boolean {
  const hash = sha256(given);
  let found = false;
  for (const token of tokens) {
    found = timingSafeEqual(sha256(token), hash) || found;
  }
  return found;
}

const bearer = (header: string) => /^bearer (.+)$/i.exec(header)?.[1] ?? "";

const sha256 = (text: string) => createHash("sha256").update(text).digest();
