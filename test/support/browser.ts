/**
 * An HTTP client that keeps cookies as a browser does. It obeys neither `SameSite`, `Secure` and `Path`
 * nor an expiry in the future: tests look at `attributes`, or use a real browser.
 */
export class Browser {
  readonly cookies = new Map<string, string>();
  /** Attributes of each cookie, in lower case. */
  readonly attributes = new Map<string, string>();

  constructor(
    private readonly origin: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** A copy with the same cookies; later changes are not shared. */
  clone(): Browser {
    const other = new Browser(this.origin, this.headers);
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const pairs = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    const response = await fetch(`${this.origin}${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...this.headers, cookie: pairs.join("; ") },
    });
    this.keep(response.headers.getSetCookie());
    return response;
  }

  async text(path: string, init: RequestInit = {}): Promise<string> {
    return (await this.fetch(path, init)).text();
  }

  private keep(headers: string[]) {
    for (const header of headers) {
      const [, name = "", value = "", rest = ""] =
        /^([^=]+)=([^;]*);?(.*)$/.exec(header) ?? [];
      this.attributes.set(name, rest.toLowerCase());
      const expires = /expires=([^;]+)/i.exec(rest)?.[1];
      if (expires && Date.parse(expires) < Date.now())
        this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
