/**
 * An HTTP client that keeps cookies, and sends forms as a browser does. It enforces no policy: neither
 * `SameSite`, `Secure` and expiry of cookies nor the content security policy. Browser tests do.
 */
export class HttpVisitor {
  readonly cookies = new Map<string, string>();
  /** Headers of every request, as a proxy adds them. */
  always: () => Record<string, string> = () => ({});
  readonly #address: string;
  readonly #fetch: typeof fetch;

  /** @param send Replaces `fetch`, to trust another authority for example. */
  constructor(address: string, send = fetch) {
    this.#address = address;
    this.#fetch = send;
  }

  /** The request header. */
  get cookie(): string {
    return [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  async get(
    path: string,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ) {
    return this.#send(path, { headers, signal });
  }

  async post(
    path: string,
    fields: Record<string, string> | string,
    headers: Record<string, string> = {},
  ) {
    // A browser has the cookie of the page that the form is on.
    const isFirst = [...this.cookies].every(
      ([name, value]) => name === "script" || value === "",
    );
    if (isFirst) await (await this.get("/", headers)).text();
    const isRaw = typeof fields === "string";
    return this.#send(path, {
      method: "POST",
      body: isRaw ? fields : new URLSearchParams(fields).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: new URL(this.#address).origin,
        ...headers,
      },
    });
  }

  /** Starts a conversation. @returns Its path. */
  async begin(message: string): Promise<string> {
    const answer = await this.post("/conversations", { message });
    const location = answer.headers.get("location");
    if (!location) throw new Error(`${answer.status} ${await answer.text()}`);
    const { pathname } = new URL(this.#address);
    return location.slice(pathname.replace(/\/$/, "").length);
  }

  /** The text of a page. */
  async read(path: string): Promise<string> {
    return (await this.get(path)).text();
  }

  async #send(
    path: string,
    init: {
      method?: string;
      body?: string;
      headers: Record<string, string>;
      signal?: AbortSignal;
    },
  ): Promise<Response> {
    const { cookie } = this;
    const answer = await this.#fetch(this.#address + path, {
      redirect: "manual",
      ...init,
      headers: {
        ...this.always(),
        ...(cookie && { cookie }),
        ...init.headers,
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return answer;
  }
}
