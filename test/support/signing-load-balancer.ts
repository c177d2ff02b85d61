import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";

const pem = (name: string) =>
  readFileSync(path.join(__dirname, "certificates", `${name}.pem`), "utf8");

export const ARN =
  "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/keepsake/0123456789abcdef";

export const ISSUER = "https://id.example.com";
export const CLIENT = "keepsake-client";

/**
 * Signs identity headers as an Application Load Balancer does, and serves its public key. Written from
 * the documentation: it cannot notice a claim or a header that real load balancers send otherwise.
 */
export async function startSigningLoadBalancer() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  });
  const kid = randomUUID();
  const asked: string[] = [];
  const server = createServer(
    { key: pem("server-key"), cert: pem("server") },
    ({ url = "" }, response) => {
      asked.push(url);
      response.statusCode = url === `/${kid}` ? 200 : 403;
      response.end(publicKey.export({ type: "spki", format: "pem" }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  /** The header, as the load balancer writes it: base64url, but padded. */
  function vouchFor(
    claims: object,
    {
      signer = ARN,
      seconds = 120,
      iss = ISSUER,
      client = CLIENT,
      expires = true,
    } = {},
  ): Record<string, string> {
    const end = Math.floor(Date.now() / 1_000) + seconds;
    const exp = expires ? end : undefined;
    const head = { typ: "JWT", alg: "ES256", kid, signer, iss, client };
    const body = [
      { ...head, exp },
      { ...claims, iss, exp },
    ]
      .map((part) => padded(Buffer.from(JSON.stringify(part))))
      .join(".");
    const signature = sign("sha256", Buffer.from(body), {
      key: privateKey,
      dsaEncoding: "ieee-p1363",
    });
    return { "x-amzn-oidc-data": `${body}.${padded(signature)}` };
  }

  return {
    keysUrl: `https://127.0.0.1:${port}`,
    ca: pem("ca"),
    /** Requested addresses of keys. */
    asked,
    vouchFor,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function padded(bytes: Buffer): string {
  const text = bytes.toString("base64url");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
