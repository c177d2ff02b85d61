import type { AddressLimits, LimitedByAddress } from "../limits/address-limits";
import type { WebMiddleware, WebState } from "./web-context";

/** The requests that are limited by their client's address; a further kind is one line. */
const kinds: [LimitedByAddress, method: "GET" | "POST", path: RegExp][] = [
  ["messages", "POST", /^\/conversations(\/[^/]+\/messages)?$/],
  ["messages", "POST", /^\/conversations\/[^/]+\/replies\/\d+\/re\w+$/],
  ["messages", "POST", /^\/conversations\/[^/]+\/messages\/\d+\/fork$/],
  ["messages", "POST", /^\/conversations\/[^/]+\/queue\/continue$/],
  ["streams", "GET", /^\/conversations\/[^/]+\/replies\/\d+\/events$/],
  ["searches", "GET", /^\/search$/],
  ["shared", "GET", /^\/shared\//],
];

/** @throws LimitError before the request's body is read. */
export function limitRequests(limits: AddressLimits): WebMiddleware {
  return async (ctx, next) => {
    const path = ctx.path.replace(/\/$/, "");
    // A HEAD costs what its GET does.
    const sent = ctx.method === "HEAD" ? "GET" : ctx.method;
    for (const [kind, method, pattern] of kinds) {
      if (sent === method && pattern.test(path)) {
        limits.take(kind, ctx.state.network);
      }
    }
    await next();
  };
}

/** Limits new sessions of visitors who are not signed in. */
export function limitSessions(limits: AddressLimits) {
  return ({ state }: { state: WebState }): void => {
    if (!state.person) limits.take("sessions", state.network);
  };
}
