import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { PROBE_ROUTES } from "../../core/runtime/metric-definitions";
import { seeOther } from "../pages/render-page";
import type { WebMiddleware } from "./web-context";

/**
 * Serves everything below a path: routes see the rest of the address, and `ctx.state.base` is what
 * addresses in responses begin with. Probes are answered without the path too, since kubelet and load
 * balancers call a pod and not the public address.
 *
 * @param base Empty, or a path such as `/chat`.
 * @throws VisibleError 404 for every other address; the message names the path.
 */
export function serveBelow(base: string): WebMiddleware {
  return async (ctx, next) => {
    ctx.state.base = base;
    if (base === "") {
      await next();
      return;
    }
    if (ctx.path === base) {
      seeOther(ctx, `/${ctx.search}`);
      return;
    }
    if (ctx.path.startsWith(`${base}/`)) {
      ctx.path = ctx.path.slice(base.length);
    } else if (!probes.has(ctx.path)) {
      throw new VisibleError(
        404,
        sentence("problem.servedBelow", { address: `${base}/` }),
      );
    }
    await next();
  };
}

const probes = new Set<string>(Object.values(PROBE_ROUTES));
