import { sentence } from "../../core/texts/catalogue";
import { isKnown, type Tokens } from "../../core/config/tokens";
import { VisibleError } from "../../core/domain/errors";
import type { WebMiddleware } from "./web-context";

/** The header by which the operator's own proxy proves itself. */
export const ORIGIN_HEADER = "x-keepsake-origin";

/**
 * Refuses requests that bypass the proxy in front. CloudFront's address list admits every account's
 * distributions to the load balancer; only the operator's own adds this header.
 *
 * @param secrets Without them, every request passes.
 */
export function requireOrigin(secrets?: Tokens): WebMiddleware {
  return async (ctx, next) => {
    if (secrets && !(await isKnown(secrets, ctx.get(ORIGIN_HEADER)))) {
      throw new VisibleError(403, sentence("problem.publicAddress"));
    }
    await next();
  };
}
