import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { buildConnector } from "undici";
import { type Trust, withoutBrackets } from "./certificates";

/**
 * Connects as undici does. Over TLS it checks the certificate against the authority that was read
 * last, and the name that the certificate must have. Its connections share TLS sessions, and an
 * authority that is parsed once.
 *
 * @param host Of the URL; its trailing dot is no part of a certificate's name.
 */
export function trustingConnector(
  options: buildConnector.BuildOptions,
  trust: Trust | undefined,
  host?: string,
): buildConnector.connector {
  const build = () => {
    const ca = trust?.ca;
    const secureContext =
      ca === undefined ? undefined : createSecureContext({ ca });
    const connect = buildConnector({
      ...options,
      ...(secureContext && { secureContext }),
    });
    return { ca, connect };
  };
  const servername = trust?.serverName ?? (host && serverName(host));
  let built = build();
  return (target, callback) => {
    if (trust?.ca !== built.ca) built = build();
    built.connect(servername ? { ...target, servername } : target, callback);
  };
}

/** TLS has names for hosts only: a certificate is checked against an address that is connected to. */
function serverName(host: string): string | undefined {
  const isAddress = isIP(withoutBrackets(host)) !== 0;
  return isAddress ? undefined : host.replace(/\.$/, "");
}
