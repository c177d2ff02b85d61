import type { WebMiddleware } from "./web-context";

/** Everything from here, nothing inline, nothing embedded, nothing embedding. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  // An address holds a conversation's id: other sites need not learn it.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  // Pages hold what only their reader may see, and the newest state of it.
  "cache-control": "no-store",
};

const ONE_YEAR_SECONDS = 31_536_000;

/** @param includesSubdomains True if all subdomains of the host use TLS. */
export function securityHeaders(includesSubdomains = false): WebMiddleware {
  const overTlsOnly = `max-age=${ONE_YEAR_SECONDS}${includesSubdomains ? "; includeSubDomains" : ""}`;
  return async (ctx, next) => {
    ctx.set(headers);
    if (ctx.secure) {
      ctx.set("strict-transport-security", overTlsOnly);
    }
    await next();
  };
}
