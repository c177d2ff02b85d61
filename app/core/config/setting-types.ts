import { isIP, isIPv6 } from "node:net";
import { z } from "zod";

export const seconds = (defaultSeconds: number, min: number, max: number) =>
  z.coerce
    .number(`must be a number of seconds, ${min} to ${max}`)
    .min(min, `must be a number of seconds, ${min} to ${max}`)
    .max(max, `must be a number of seconds, ${min} to ${max}`)
    .default(defaultSeconds);

/** @param what The unit for the error message: `number of threads`. */
export const wholeNumber = (
  min: number,
  max: number,
  what = "whole number",
) => {
  const message = `must be a ${what}, ${min} to ${max}`;
  return z.coerce
    .number(message)
    .int(message)
    .min(min, message)
    .max(max, message);
};

/** The rule for every secret; `openssl rand -hex 32` makes one. */
export const SECRET_RULE = "must have at least 32 characters, chosen at random";

/** Rejects what a person types. Random characters repeat, but eight different ones is no accident. */
export const isStrongSecret = (secret: string): boolean =>
  secret.length >= 32 && new Set(secret).size >= 8;

/** A comma-separated list. */
export const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

/** A path of an address, without a slash at its end. `/` is none. */
export const basePath = z
  .string()
  .regex(
    /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]{1,63}){1,8}\/?)$/,
    "must be a path such as /chat, of letters, digits, and . _ ~ -",
  )
  .transform((path) => path.replace(/\/$/, ""));

export const httpUrl = z
  .string()
  .refine(
    isUrlOf("http:", "https:"),
    "must be a URL that begins with http:// or https://",
  );

/** Kubernetes puts a pod's IPv6 address into a URL without the brackets that it needs. */
export const podUrl = z
  .string()
  .transform((url) => {
    const [, scheme, address = "", port] =
      /^(https?:\/\/)([^/]+):(\d+)$/.exec(url) ?? [];
    return isIPv6(address) ? `${scheme}[${address}]:${port}` : url;
  })
  .pipe(httpUrl);

export const httpsUrl = z
  .string()
  .refine(isUrlOf("https:"), "must be a URL that begins with https://");

export const ipAddress = z
  .string()
  .refine(
    (text) => isIP(text) !== 0,
    "must be an IP address, such as 127.0.0.1, or :: for every interface",
  );

/** A host name or an address without a port; an IPv6 address has its brackets, as in a URL. */
export const hostPattern = /^(?:[\w.-]{1,253}|\[[\da-f:.]+\])$/i;

/** The ARN of an Application Load Balancer, or a prefix with a region and an account. */
export const loadBalancerArn =
  /^arn:aws(?:-cn|-us-gov)?:elasticloadbalancing:[a-z]{2}-(?:gov-)?[a-z]+-\d:\d{12}:loadbalancer\/app\/[\w-]*(?:\/[0-9a-f]*)?\*?$/;

function isUrlOf(...protocols: string[]): (text: string) => boolean {
  return (text) =>
    URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
