import type { DistributionSpecDistributionConfig } from "../imports/distribution-cloudfront.services.k8s.aws";
import type { CloudFront } from "../schema/aws";

/** Ids of CloudFront's managed policies, the same in every account. */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3";

const ORIGIN = "load-balancer";

/** CloudFront's maximum wait for the origin's next byte: six heartbeats of an event stream. */
const READ_TIMEOUT_SECONDS = 60;

/** Neither caches, since pages are private, nor compresses, since replies are streams. */
export function distribution(
  cloudFront: CloudFront,
): DistributionSpecDistributionConfig {
  return {
    enabled: true,
    comment: "Keepsake",
    aliases: { items: [cloudFront.host] },
    httpVersion: "http2and3",
    isIpv6Enabled: true,
    priceClass: cloudFront.priceClass,
    webAclid: cloudFront.webAclArn,
    origins: { items: [origin(cloudFront)] },
    defaultCacheBehavior: {
      targetOriginId: ORIGIN,
      viewerProtocolPolicy: "redirect-to-https",
      cachePolicyId: CACHING_DISABLED,
      originRequestPolicyId: ALL_VIEWER,
      compress: false,
      allowedMethods: {
        items: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        cachedMethods: { items: ["GET", "HEAD"] },
      },
    },
    viewerCertificate: {
      acmCertificateArn: cloudFront.certificateArn,
      sslSupportMethod: "sni-only",
      minimumProtocolVersion: "TLSv1.2_2021",
    },
    restrictions: { geoRestriction: { restrictionType: "none" } },
  };
}

function origin({ originHost, vpcOriginId }: CloudFront) {
  const times = {
    originReadTimeout: READ_TIMEOUT_SECONDS,
    originKeepaliveTimeout: READ_TIMEOUT_SECONDS,
  };
  const named = { id: ORIGIN, domainName: originHost };
  // A VPC origin has its own ports and protocols.
  if (vpcOriginId) {
    return { ...named, vpcOriginConfig: { vpcOriginId, ...times } };
  }
  return {
    ...named,
    customOriginConfig: {
      httpPort: 80,
      httpSPort: 443,
      originProtocolPolicy: "https-only",
      originSslProtocols: { items: ["TLSv1.2"] },
      ...times,
    },
  };
}
