import { Router } from "@koa/router";
import { PROBE_ROUTES } from "../../core/runtime/metric-definitions";
import type { Api } from "../backend-client/api";

/** The backend is asked for so long, at most. */
const BACKEND_TIMEOUT_MS = 1_000;

export interface ProbeDeps {
  api: Pick<Api, "isReady">;
  /** Why this process should get no new visitors, for the operator. */
  whyNotReady: () => Promise<string | undefined>;
}

/**
 * `/livez` answers while the process does. `/readyz` fails while sessions can't be stored, and during a
 * drain. An unreachable backend is only reported: otherwise all web processes would become unready
 * at once, and visitors would see no page.
 */
export function probeRoutes({ api, whyNotReady }: ProbeDeps): Router {
  const router = new Router();
  router.get(PROBE_ROUTES.alive, (ctx) => {
    ctx.body = "ok\n";
  });
  router.get(PROBE_ROUTES.ready, async (ctx) => {
    const timeout = AbortSignal.timeout(BACKEND_TIMEOUT_MS);
    const [reason, isBackendReady] = await Promise.all([
      whyNotReady(),
      // Whatever it waits for may hang with the disk: a thread, for one, to look up a name.
      Promise.race([api.isReady(timeout), refuseAt(timeout)]).catch(
        () => false,
      ),
    ]);
    ctx.status = reason === undefined ? 200 : 503;
    ctx.body = {
      ready: reason === undefined,
      reason,
      backend: isBackendReady ? "ready" : "not reachable",
    };
  });
  return router;
}

const refuseAt = (timeout: AbortSignal) =>
  new Promise<never>((_, reject) => {
    timeout.addEventListener("abort", reject, { once: true });
  });
