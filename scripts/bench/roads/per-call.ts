import type { Resolver } from "node:dns/promises";
import * as http from "node:http";
import * as https from "node:https";
import {
  type Answer,
  type Call,
  CallCost,
} from "../../../app/web/backend-client/transport/call";

export interface PerCallOptions {
  url: URL;
  resolver: Resolver;
  token: string;
  /** The trusted certificate, for HTTPS. */
  ca?: string;
}

/** A naive client: resolves the name and opens a connection for each call. */
export class PerCallTransport {
  constructor(private readonly options: PerCallOptions) {}

  exchangeStream(): never {
    throw new Error("Not supported in this benchmark");
  }

  async send(call: Call): Promise<{ answer: Answer; cost: CallCost }> {
    const begun = performance.now();
    const { url, resolver } = this.options;
    const [address = ""] = await resolver.resolve4(url.hostname);
    const cost = new CallCost();
    cost.attempts = 1;
    cost.dnsMs = performance.now() - begun;
    const answer = await this.exchange(call, address, cost);
    cost.totalMs = performance.now() - begun;
    return { answer, cost };
  }

  private exchange(
    call: Call,
    address: string,
    cost: CallCost,
  ): Promise<Answer> {
    const { url, token, ca } = this.options;
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const options = {
        host: address,
        port: url.port,
        method: call.method,
        path: call.path,
        headers: { ...call.headers, authorization: `Bearer ${token}` },
        agent: false as const,
      };
      const request =
        url.protocol === "https:"
          ? https.request({
              ...options,
              ca,
              servername: url.hostname,
              minVersion: "TLSv1.3",
            })
          : http.request(options);
      request.once("error", reject);
      request.once("response", (response) => {
        cost.waitMs = performance.now() - begun;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      request.end(call.body);
    });
  }
}
