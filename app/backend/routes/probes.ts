import type { Middleware } from "koa";

export interface Probes {
  /** Why this process should be given no more work, if it should not. */
  whyNotReady(this: void): Promise<string | undefined>;
}

/** `/livez` says that the process runs, `/readyz` whether it should be given work. */
export function serveProbes(probes: Probes): Middleware {
  return async (ctx, next) => {
    if (ctx.path === "/livez") {
      ctx.body = "alive\n";
    } else if (ctx.path === "/readyz") {
      const reason = await probes.whyNotReady();
      ctx.status = reason === undefined ? 200 : 503;
      ctx.body = `${reason ?? "ready"}\n`;
    } else {
      await next();
    }
  };
}
