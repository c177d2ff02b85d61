import { timingSafeEqual } from "node:crypto";
import type Keygrip from "keygrip";
import type { Context } from "koa";
import { isSessionId } from "./session-id";

export const DEFAULT_COOKIE_NAME = "keepsake";

/** Browsers accept a cookie of this prefix only over TLS, and for this host alone. */
const HOST_PREFIX = "__Host-";

export const COOKIE_OVER_TLS = `${HOST_PREFIX}${DEFAULT_COOKIE_NAME}`;

/** Cookies of one name that are checked: each costs a signature. */
const MAX_CANDIDATES = 10;

/** The cookie that names a session to one request. */
export class SessionCookie {
  readonly name: string;
  /** True if the request's cookie was signed with another key than the newest. */
  isOutdated = false;

  constructor(
    private readonly ctx: Context,
    private readonly keys: Keygrip,
    name = DEFAULT_COOKIE_NAME,
  ) {
    // TLS may end at a proxy; `app.proxy` decides if its headers are trusted.
    this.name = ctx.secure ? `${HOST_PREFIX}${name}` : name;
  }

  /**
   * The session id of the request, if we signed it. A parent domain or another application on this
   * host may add cookies of the same name: the first that verifies counts.
   *
   * Not `cookies.get`: with an outdated key it sets a new signature as a session cookie, and the
   * visitor is signed out when the browser restarts.
   */
  read(): string | undefined {
    const header = this.ctx.get("cookie");
    const signatures = valuesOf(header, `${this.name}.sig`);
    for (const id of valuesOf(header, this.name)) {
      const key = isSessionId(id) ? this.signedBy(id, signatures) : -1;
      if (key < 0) continue;
      this.isOutdated = key > 0;
      return id;
    }
    return undefined;
  }

  /** @param maxAgeMs Time until the browser deletes it. */
  write(id: string, maxAgeMs: number): void {
    const { ctx } = this;
    ctx.cookies.set(this.name, id, {
      signed: true,
      httpOnly: true,
      overwrite: true,
      path: "/",
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

  /** @returns The index of the key that made one of the signatures; -1 if none did. */
  private signedBy(id: string, signatures: string[]): number {
    const data = `${this.name}=${id}`;
    // `keys.index` alone would do three times the work.
    const expected = this.keys.sign(data);
    if (signatures.some((signature) => isSame(signature, expected))) return 0;
    const indexes = signatures.map((signature) =>
      this.keys.index(data, signature),
    );
    return indexes.find((index) => index >= 0) ?? -1;
  }
}

function valuesOf(header: string, name: string): string[] {
  return header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replaceAll('"', ""))
    .slice(0, MAX_CANDIDATES);
}

/** In constant time. */
function isSame(signature: string, expected: string): boolean {
  const [left, right] = [Buffer.from(signature), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
