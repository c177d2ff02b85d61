import { createLog } from "../../app/core/runtime/log";
import { Registry } from "../../app/core/runtime/metrics";
import { continueTrace } from "../../app/core/runtime/trace-context";
import type {
  ApiContext,
  ConnectedApi,
} from "../../app/web/backend-client/api";
import {
  type ApiDeps,
  createApi,
} from "../../app/web/backend-client/create-api";
import { ChangeCounts } from "../../app/web/backend-client/change-counts";
import { fixedTokens } from "../../app/core/config/tokens";
import { TOKEN } from "./start-backend";

/** Long, because a call on a busy machine may be slow. */
const patience = {
  read: { deadlineMs: 120_000, attemptMs: 60_000 },
  write: { deadlineMs: 120_000, attemptMs: 60_000 },
};

/**
 * The API client of a web process, with longer time-outs. Cannot notice time-outs of calls that are too
 * short or too long: `dead-backends.test.ts` has the real ones.
 */
export function connectApi(
  url: string,
  parts: Partial<ApiDeps> = {},
): ConnectedApi {
  return createApi({
    config: { BACKEND_URL: url },
    log: createLog("silent", {}),
    metrics: new Registry(),
    tokens: fixedTokens(TOKEN),
    patience,
    ...parts,
  });
}

const { headers: trace } = continueTrace({});

/** The marks of browsers, by what their sessions count. */
const marks = new WeakMap<object, string>();
let renewed = 0;

/** The context of a request from the browser of a session. */
export function request(
  owner: string,
  versions: Record<string, number> = {},
): ApiContext {
  const changes = new ChangeCounts(() => versions, {
    get value() {
      return marks.get(versions) ?? "";
    },
    renew: () => void marks.set(versions, String(++renewed)),
  });
  return { owner, requestId: "test", trace, changes, calls: [] };
}
