import type { Context } from "koa";
import type { CookieSignatures } from "./cookie-signatures";
import { cookiePath } from "../middleware/browser-cookies";
import { isSessionId } from "./session-id";

export const DEFAULT_COOKIE_NAME = "keepsake";

/**
 * Browsers accept a cookie of these prefixes only over TLS. The first is for this host alone and for all
 * of its paths, so a Keepsake below a path can't have it.
 */
const HOST_PREFIX = "__Host-";
const TLS_PREFIX = "__Secure-";

/** The default name over TLS. @param base See the setting BASE_PATH. */
export const cookieOverTls = (base: string): string =>
  `${base === "" ? HOST_PREFIX : TLS_PREFIX}${DEFAULT_COOKIE_NAME}`;

/** Cookies of one name that are checked: each costs a signature. */
const MAX_CANDIDATES = 10;

/** The value of a session's cookie. */
export interface SessionName {
  id: string;
  /**
   * Milliseconds since 1970; only until the session is stored. Then the cookie has the id alone, which
   * earlier versions of the program read as well.
   */
  issuedAt?: number;
}

/** The cookie that names a session to one request. */
export class SessionCookie {
  readonly name: string;
  /** The session that the request's cookie names; `undefined` if we signed none of its cookies. */
  readonly named: SessionName | undefined;
  /** True if the request's cookie was signed with another key than the newest. */
  isOutdated = false;

  constructor(
    private readonly ctx: Context,
    private readonly signatures: CookieSignatures,
    name = DEFAULT_COOKIE_NAME,
  ) {
    // TLS may end at a proxy; `app.proxy` decides if its headers are trusted.
    const prefix = cookiePath(ctx) === "/" ? HOST_PREFIX : TLS_PREFIX;
    this.name = ctx.secure ? `${prefix}${name}` : name;
    this.named = this.read();
  }

  /**
   * The session id of the request, if we signed it. A parent domain or another application on this
   * host may add cookies of the same name: the first that verifies counts.
   *
   * Not `cookies.get`: with an outdated key it sets a new signature as a session cookie, and the
   * visitor is signed out when the browser restarts.
   */
  private read(): SessionName | undefined {
    const header = this.ctx.get("cookie");
    const signatures = valuesOf(header, `${this.name}.sig`);
    for (const value of valuesOf(header, this.name)) {
      const name = parseName(value);
      const data = `${this.name}=${value}`;
      const key = name ? this.signatures.keyOf(data, signatures) : -1;
      if (key < 0) continue;
      this.isOutdated = key > 0;
      return name;
    }
    return undefined;
  }

  /** @param maxAgeMs Time until the browser deletes it. */
  write(name: SessionName, maxAgeMs: number): void {
    const { ctx } = this;
    ctx.cookies.set(this.name, formatName(name), {
      signed: true,
      httpOnly: true,
      overwrite: true,
      path: cookiePath(ctx),
      sameSite: "lax",
      secure: ctx.secure,
      maxAge: maxAgeMs,
    });
  }

  /** Removes from the response whatever it would change about the cookie. */
  keep(): void {
    const { ctx, name } = this;
    const headers = [ctx.res.getHeader("set-cookie") ?? []].flat().map(String);
    const others = headers.filter(
      (header) =>
        !header.startsWith(`${name}=`) && !header.startsWith(`${name}.sig=`),
    );
    if (others.length > 0) ctx.set("set-cookie", others);
    else ctx.remove("set-cookie");
  }
}

/** The seconds in base 36, after the id. */
const ISSUED = /^([a-z2-7]+)\.([0-9a-z]{1,8})$/;

function parseName(value: string): SessionName | undefined {
  const [, id = value, seconds] = ISSUED.exec(value) ?? [];
  if (!isSessionId(id)) return undefined;
  if (seconds === undefined) return { id };
  return { id, issuedAt: 1_000 * Number.parseInt(seconds, 36) };
}

function formatName({ id, issuedAt }: SessionName): string {
  if (issuedAt === undefined) return id;
  return `${id}.${Math.floor(issuedAt / 1_000).toString(36)}`;
}

function valuesOf(header: string, name: string): string[] {
  return header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replaceAll('"', ""))
    .slice(0, MAX_CANDIDATES);
}
