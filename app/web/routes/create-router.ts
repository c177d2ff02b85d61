import { Router } from "@koa/router";
import type { WebState } from "../middleware/web-context";

/**
 * A router that tells capitals apart. Limits, headers and the log go by the path as well: an address must not
 * reach a route in a spelling that they don't know.
 */
export const createRouter = (
  options: { prefix?: string } = {},
): Router<WebState> => new Router<WebState>({ ...options, sensitive: true });
