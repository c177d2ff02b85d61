import { buildConnector } from "undici";
import type { Trust } from "./certificates";

/**
 * Connects as undici does. Over TLS it checks the certificate against the authority that was read
 * last, and the name that the certificate must have.
 *
 * @param host Of the URL; its trailing dot is no part of a certificate's name.
 */
export function trustingConnector(
  options: buildConnector.BuildOptions,
  trust: Trust | undefined,
  host?: string,
): buildConnector.connector {
  const build = () => ({
    ca: trust?.ca,
    connect: buildConnector({
      ...options,
      ...(trust?.ca !== undefined && { ca: trust.ca }),
    }),
  });
  const servername = trust?.serverName ?? host?.replace(/\.$/, "");
  let built = build();
  return (target, callback) => {
    if (trust?.ca !== built.ca) built = build();
    built.connect(servername ? { ...target, servername } : target, callback);
  };
}
