import type { Context } from "koa";

/** An Application Load Balancer's own session, in as many cookies as it takes. */
const COOKIE = /^\s*(AWSELBAuthSessionCookie-\d+)=/;

/** Ends the session that the load balancer keeps in the browser, by its cookies. */
export function forgetLoadBalancerSession(ctx: Context): void {
  for (const pair of ctx.get("cookie").split(";")) {
    const name = COOKIE.exec(pair)?.[1];
    if (name === undefined) continue;
    ctx.cookies.set(name, "", {
      signed: false,
      expires: new Date(0),
      path: "/",
      httpOnly: true,
      secure: ctx.secure,
    });
  }
}
