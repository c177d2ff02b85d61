import type { Middleware } from "koa";

export interface Probes {
  /** `undefined` if the process can take requests. */
  whyNotReady(this: void): string | undefined;
}

/** `/livez` and `/readyz`, as Kubernetes calls them. */
export function serveProbes(probes: Probes): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/livez") {
      ctx.body = "alive\n";
    } else if (ctx.path === "/readyz") {
      const reason = probes.whyNotReady();
      ctx.status = reason === undefined ? 200 : 503;
      ctx.body = `${reason ?? "ready"}\n`;
    } else {
      await next();
    }
  };
}
