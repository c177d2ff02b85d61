import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AlbJwtVerifier } from "aws-jwt-verify";
import { AlbJwksCache } from "aws-jwt-verify/alb-cache";
import {
  AlbJwtInvalidClientIdError,
  FetchError,
  JwtExpiredError,
  JwtInvalidIssuerError,
} from "aws-jwt-verify/error";
import { SimpleFetcher } from "aws-jwt-verify/https";
import { decomposeUnverifiedJwt } from "aws-jwt-verify/jwt";
import type { AlbJwtPayload } from "aws-jwt-verify/jwt-model";
import {
  type Identity,
  IdentityUnknownError,
  NotSignedInError,
  type Person,
} from "./identity";

const HEADER = "x-amzn-oidc-data";

export interface LoadBalancerOptions {
  /** ARNs of the trusted load balancers; one may end in `*`. */
  loadBalancers: string[];
  /** Ids of the clients (applications) for which they sign visitors in. */
  clientIds: string[];
  /** The identity provider, as tokens name it. */
  issuer: string;
  /** URL of their public keys; by default that of the ARN's region. */
  keysUrl?: string;
  /** A PEM of authorities for that address, besides the usual ones. */
  ca?: string;
}

/**
 * Trusts an Application Load Balancer that has signed a visitor in (OIDC or Cognito). Its token is
 * valid for two minutes, and signed with a key that AWS publishes:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 *
 * Every load balancer of a region signs with such keys, and may serve several applications. So the
 * signer, the client and the issuer are checked, too.
 */
export function createLoadBalancerIdentity(
  options: LoadBalancerOptions,
): Identity {
  const fetcher = new SimpleFetcher({
    defaultRequestOptions: { ...(options.ca && { ca: options.ca }) },
  });
  const jwksCache = new AlbJwksCache({ fetcher });
  return {
    async personOf(headers) {
      const token = tokenOf(headers);
      const albArn = trustedSigner(token, options.loadBalancers);
      // A verifier is cheap; the keys are what is worth keeping.
      const verifier = AlbJwtVerifier.create(
        {
          albArn,
          issuer: options.issuer,
          clientId: options.clientIds,
          jwksUri: options.keysUrl,
        },
        { jwksCache },
      );
      const payload = await verifier.verify(token).catch(explain);
      requireExpiry(payload);
      return personIn(payload);
    },
  };
}

function tokenOf(headers: IncomingHttpHeaders): string {
  const token = headers[HEADER];
  if (typeof token === "string" && token !== "") return token;
  throw new NotSignedInError("The load balancer sent no identity token.");
}

/** @throws NotSignedInError if another load balancer signed it, or if it is no token at all. */
function trustedSigner(token: string, trusted: string[]): string {
  const signer = signerOf(token);
  const isTrusted = trusted.some((arn) =>
    arn.endsWith("*") ? signer.startsWith(arn.slice(0, -1)) : signer === arn,
  );
  if (isTrusted) return signer;
  throw new NotSignedInError(
    "The identity token is from another load balancer.",
    new Error(`signed by ${JSON.stringify(signer)}`),
  );
}

function signerOf(token: string): string {
  try {
    const { signer } = decomposeUnverifiedJwt(token).header;
    return typeof signer === "string" ? signer : "";
  } catch (error) {
    throw new NotSignedInError("The identity token can't be read.", error);
  }
}

function explain(error: unknown): never {
  if (error instanceof FetchError) throw new IdentityUnknownError(error);
  const [, message] = REFUSALS.find(([type]) => error instanceof type) ?? [];
  throw new NotSignedInError(message ?? "The identity token is forged.", error);
}

const REFUSALS = [
  [JwtExpiredError, "The identity token has expired."],
  [AlbJwtInvalidClientIdError, "The identity token is for another site."],
  [JwtInvalidIssuerError, "The identity token has an unknown issuer."],
] as const;

/** The library accepts a token without an end. */
function requireExpiry({ exp }: AlbJwtPayload): void {
  if (typeof exp === "number") return;
  throw new NotSignedInError("The identity token has no expiry.");
}

/** A subject is unique at its issuer alone, so the issuer is part of who someone is. */
function personIn({ iss, sub, name, email, username }: AlbJwtPayload): Person {
  if (typeof sub !== "string" || sub === "") {
    throw new NotSignedInError("The identity token has no subject.");
  }
  const owner = createHash("sha256").update(JSON.stringify([iss, sub]));
  return {
    owner: owner.digest("hex"),
    name: [name, email, username].find(
      (known) => typeof known === "string" && known !== "",
    ),
  };
}
