import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AlbJwtVerifier } from "aws-jwt-verify";
import { AlbJwksCache } from "aws-jwt-verify/alb-cache";
import { FetchError, JwtExpiredError } from "aws-jwt-verify/error";
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
  /** URL of their public keys; by default that of the ARN's region. */
  keysUrl?: string;
  /** A PEM of authorities for that address, besides the usual ones. */
  ca?: string;
}

/**
 * Believes an Application Load Balancer that has signed a visitor in (OIDC or Cognito). It signs
 * what it says, for two minutes, with a key that AWS publishes:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 *
 * Every load balancer of a region signs with such keys, and anyone can have one: so who signed is
 * checked too.
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
      const albArn = believedSigner(token, options.loadBalancers);
      // A verifier is cheap; the keys are what is worth keeping.
      const verifier = AlbJwtVerifier.create(
        { albArn, issuer: null, clientId: null, jwksUri: options.keysUrl },
        { jwksCache },
      );
      return personIn(await verifier.verify(token).catch(explain));
    },
  };
}

function tokenOf(headers: IncomingHttpHeaders): string {
  const token = headers[HEADER];
  if (typeof token === "string" && token !== "") return token;
  throw new NotSignedInError(
    "The load balancer did not say who you are, so nobody can be let in.",
  );
}

/** @throws NotSignedInError if someone else signed it, or if it is no token at all. */
function believedSigner(token: string, believed: string[]): string {
  const signer = signerOf(token);
  const isBelieved = believed.some((arn) =>
    arn.endsWith("*") ? signer.startsWith(arn.slice(0, -1)) : signer === arn,
  );
  if (isBelieved) return signer;
  throw new NotSignedInError(
    "What says who you are comes from a load balancer that isn't ours.",
    new Error(`signed by ${JSON.stringify(signer)}`),
  );
}

function signerOf(token: string): string {
  try {
    const { signer } = decomposeUnverifiedJwt(token).header;
    return typeof signer === "string" ? signer : "";
  } catch (error) {
    throw new NotSignedInError("What says who you are can't be read.", error);
  }
}

function explain(error: unknown): never {
  if (error instanceof FetchError) throw new IdentityUnknownError(error);
  throw new NotSignedInError(
    error instanceof JwtExpiredError
      ? "What says who you are has expired."
      : "What says who you are is not genuine.",
    error,
  );
}

/** A subject is unique at its issuer alone, so the issuer is part of who someone is. */
function personIn({ iss, sub, name, email, username }: AlbJwtPayload): Person {
  if (typeof sub !== "string" || sub === "") {
    throw new NotSignedInError("The load balancer named nobody.");
  }
  const owner = createHash("sha256").update(JSON.stringify([iss, sub]));
  return {
    owner: owner.digest("hex"),
    name: [name, email, username].find(
      (known) => typeof known === "string" && known !== "",
    ),
  };
}
