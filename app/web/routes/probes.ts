import { Router } from "@koa/router";
import { PROBE_ROUTES } from "../../core/runtime/metric-definitions";
import { resultWithin } from "../../core/runtime/async";
import type { Api } from "../backend-client/api";

/** Time limit of the question to the backend. */
const BACKEND_TIMEOUT_MS = 1_000;

export interface ProbeDeps {
  api: Pick<Api, "isReady">;
  /** Why this process should get no new visitors, for the operator. */
  whyNotReady: () => string | undefined;
}

/**
 * `/livez` answers while the process does. `/readyz` fails during a drain. All pods share the storage
 * and the backend, so a fault of these must not fail it: all web processes would become unready at
 * once, and visitors would see no page.
 */
export function probeRoutes({ api, whyNotReady }: ProbeDeps): Router {
  const router = new Router();
  router.get(PROBE_ROUTES.alive, (ctx) => {
    ctx.body = "ok\n";
  });
  router.get(PROBE_ROUTES.ready, async (ctx) => {
    const timeout = AbortSignal.timeout(BACKEND_TIMEOUT_MS);
    // The call may ignore its signal: a name look-up waits for a thread that a hung disk holds.
    const isBackendReady = await resultWithin(
      api.isReady(timeout),
      BACKEND_TIMEOUT_MS,
    ).catch(() => false);
    const reason = whyNotReady();
    ctx.status = reason === undefined ? 200 : 503;
    ctx.body = {
      ready: reason === undefined,
      reason,
      backend: isBackendReady ? "ready" : "not reachable",
    };
  });
  return router;
}
