import { randomBytes } from "node:crypto";
import type { Context } from "koa";
import type { BrowserMark } from "../backend-client/change-counts";
import { setBrowserCookie } from "./browser-cookies";

const COOKIE = "changed";

/** Longer than any record is cached. */
const MAX_AGE_MS = 60_000;

const PATTERN = /^[\w-]{16}$/;

/**
 * The mark of the request's browser. It is not signed: a visitor who makes one up reads their own records
 * once more.
 */
export function browserMark(ctx: Context): BrowserMark {
  const sent = ctx.cookies.get(COOKIE, { signed: false }) ?? "";
  let value = PATTERN.test(sent) ? sent : "";
  return {
    get value() {
      return value;
    },
    renew: () => {
      value = randomBytes(12).toString("base64url");
      setBrowserCookie(ctx, COOKIE, value, MAX_AGE_MS);
    },
  };
}
