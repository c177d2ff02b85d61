import type { Context } from "koa";

/** The path of every cookie: other applications on the same host don't receive them. */
export const cookiePath = ({ state }: { state: { base?: unknown } }): string =>
  `${typeof state.base === "string" ? state.base : ""}/`;

/**
 * Sets a cookie of this browser that no one has to trust: it is not signed, and no script reads it.
 *
 * @param value `undefined` removes it.
 */
export function setBrowserCookie(
  ctx: Context,
  name: string,
  value: string | undefined,
  maxAgeMs: number,
): void {
  ctx.cookies.set(name, value ?? null, {
    signed: false,
    httpOnly: true,
    overwrite: true,
    path: cookiePath(ctx),
    sameSite: "lax",
    secure: ctx.secure,
    maxAge: value === undefined ? 0 : maxAgeMs,
  });
}
