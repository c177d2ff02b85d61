import { cookieOverTls } from "../../app/web/sessions/session-cookie";
import type { LoadBalancer } from "../schema/ingress";
import type { DrainTimes } from "./drain";

/** Attributes of the load balancer, by their names in the API. */
export function loadBalancerAttributes(
  loadBalancer: LoadBalancer,
): { key: string; value: string }[] {
  const { deletionProtection, idleTimeoutSeconds } = loadBalancer;
  const attributes = {
    "deletion_protection.enabled": String(deletionProtection),
    "idle_timeout.timeout_seconds": String(idleTimeoutSeconds),
    "routing.http.drop_invalid_header_fields.enabled": "true",
    "routing.http2.enabled": "true",
    ...logs("access_logs", loadBalancer.accessLogs),
    ...logs("connection_logs", loadBalancer.connectionLogs),
    ...loadBalancer.loadBalancerAttributes,
  };
  return Object.entries(attributes).map(([key, value]) => ({ key, value }));
}

const logs = (kind: string, place: LoadBalancer["accessLogs"]) =>
  place
    ? {
        [`${kind}.s3.enabled`]: "true",
        [`${kind}.s3.bucket`]: place.bucket,
        [`${kind}.s3.prefix`]: place.prefix,
      }
    : {};

export function albAnnotations({
  loadBalancer,
  drain,
  isTlsToWeb,
}: {
  loadBalancer: LoadBalancer;
  drain: DrainTimes;
  isTlsToWeb: boolean;
}): Record<string, string> {
  const protocol = isTlsToWeb ? "HTTPS" : "HTTP";
  const own = prefixed({
    // Targets are pods: a node as target would hide which pod drains.
    "target-type": "ip",
    ...listeners(loadBalancer),
    "ssl-policy": loadBalancer.sslPolicy,
    "backend-protocol": protocol,
    "healthcheck-protocol": protocol,
    ...healthCheck,
    "target-group-attributes": targetGroupAttributes(loadBalancer, drain),
    ...(loadBalancer.webAclArn
      ? { "wafv2-acl-arn": loadBalancer.webAclArn }
      : {}),
    ...(loadBalancer.cloudFrontPrefixList
      ? { "security-group-prefix-lists": loadBalancer.cloudFrontPrefixList }
      : {}),
    ...clients(loadBalancer),
    ...protection(loadBalancer),
    ...authentication(loadBalancer),
  });
  return { ...loadBalancer.annotations, ...own };
}

/** The clients that reach the load balancer, besides CloudFront. */
function clients({
  group,
  inboundCidrs,
  securityGroups,
}: LoadBalancer): Record<string, string> {
  return {
    ...(group ? { "group.order": String(group.order) } : {}),
    ...(inboundCidrs ? { "inbound-cidrs": inboundCidrs.join(",") } : {}),
    ...(securityGroups
      ? {
          "security-groups": securityGroups.join(","),
          // Or the nodes' security groups would let none of its requests in.
          "manage-backend-security-group-rules": "true",
        }
      : {}),
  };
}

function protection({
  minimumCapacityUnits,
  shieldAdvanced,
}: LoadBalancer): Record<string, string> {
  return {
    ...(shieldAdvanced ? { "shield-advanced-protection": "true" } : {}),
    ...(minimumCapacityUnits
      ? {
          "minimum-load-balancer-capacity": `CapacityUnits=${minimumCapacityUnits}`,
        }
      : {}),
  };
}

/**
 * CloudFront's managed prefix list counts as 55 of the 60 rules that a security group may have, for
 * each port. CloudFront redirects HTTP itself, so port 443 is enough.
 */
const listeners = ({
  cloudFrontPrefixList,
}: LoadBalancer): Record<string, string> =>
  cloudFrontPrefixList
    ? { "listen-ports": JSON.stringify([{ HTTPS: 443 }]) }
    : {
        "listen-ports": JSON.stringify([{ HTTP: 80 }, { HTTPS: 443 }]),
        "ssl-redirect": "443",
      };

/** Uses readiness, so that a draining pod gets no new visitors. */
const healthCheck = {
  "healthcheck-path": "/readyz",
  "healthcheck-port": "traffic-port",
  "healthcheck-interval-seconds": "5",
  "healthcheck-timeout-seconds": "3",
  "healthy-threshold-count": "2",
  "unhealthy-threshold-count": "2",
  "success-codes": "200",
};

function targetGroupAttributes(
  { algorithm, stickiness, path }: LoadBalancer,
  drain: DrainTimes,
): string {
  return joined({
    "deregistration_delay.timeout_seconds": String(
      drain.deregistrationDelaySeconds,
    ),
    "load_balancing.algorithm.type": algorithm,
    ...sticky(stickiness, path),
  });
}

function sticky(
  { kind, durationSeconds }: LoadBalancer["stickiness"],
  path: string,
): Record<string, string> {
  if (kind === "none") return { "stickiness.enabled": "false" };
  return {
    "stickiness.enabled": "true",
    "stickiness.type": kind,
    ...(kind === "app_cookie"
      ? { "stickiness.app_cookie.cookie_name": cookieOverTls(path) }
      : {}),
    [`stickiness.${kind}.duration_seconds`]: String(durationSeconds),
  };
}

function authentication({
  authenticate,
}: LoadBalancer): Record<string, string> {
  if (authenticate === undefined) return {};
  const always = {
    "auth-type": authenticate.kind,
    "auth-scope": authenticate.scopes.join(" "),
    "auth-on-unauthenticated-request": "authenticate",
  };
  if (authenticate.kind === "cognito") {
    const { userPoolArn, userPoolClientId, userPoolDomain } = authenticate;
    return {
      ...always,
      "auth-idp-cognito": JSON.stringify({
        userPoolARN: userPoolArn,
        userPoolClientID: userPoolClientId,
        userPoolDomain,
      }),
    };
  }
  const { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint } =
    authenticate;
  return {
    ...always,
    "auth-idp-oidc": JSON.stringify({
      issuer,
      authorizationEndpoint,
      tokenEndpoint,
      userInfoEndpoint,
      secretName: authenticate.secretName,
    }),
  };
}

const joined = (attributes: Record<string, string>) =>
  Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

const prefixed = (annotations: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [
      `alb.ingress.kubernetes.io/${name}`,
      value,
    ]),
  );
