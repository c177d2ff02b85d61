import http from "node:http";

export interface Answer {
  status: number;
  location: string | undefined;
  text: string;
}

/** A visitor with a session and a network address of their own, who waits for as long as it takes. */
export class Client {
  readonly cookies = new Map([["script", "on"]]);

  constructor(
    readonly url: string,
    private readonly address: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.send("GET", path);
  }

  post(path: string, form: Record<string, string> | string): Promise<Answer> {
    const body =
      typeof form === "string" ? form : new URLSearchParams(form).toString();
    return this.send("POST", path, body);
  }

  /** Begins a request and reads what comes, until the caller destroys it. */
  open(path: string): http.ClientRequest {
    const request = this.request("GET", path);
    request.on("response", (answer) => answer.resume());
    request.on("error", () => undefined);
    return request.end();
  }

  private send(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = this.request(method, path);
      request.once("error", reject);
      request.once("response", (answer) => {
        this.keep(answer.headers["set-cookie"] ?? []);
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            location: answer.headers.location,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.end(body);
    });
  }

  private request(method: string, path: string): http.ClientRequest {
    return http.request(this.url + path, {
      method,
      agent: false,
      headers: {
        origin: this.url,
        cookie: [...this.cookies].map((pair) => pair.join("=")).join("; "),
        "x-forwarded-for": this.address,
        ...(method === "POST" && {
          "content-type": "application/x-www-form-urlencoded",
        }),
      },
    });
  }

  private keep(lines: string[]): void {
    for (const line of lines) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
  }
}
