/** Settings that are checked together; absent and invalid ones are `undefined`. */
export interface TlsChoice {
  TLS_CERTIFICATE_FILE?: string | undefined;
  TLS_KEY_FILE?: string | undefined;
  BACKEND_CA_FILE?: string | undefined;
  BACKEND_CERTIFICATE_NAME?: string | undefined;
  BACKEND_URL?: string | undefined;
  ADVERTISED_URL?: string | undefined;
}

const PAIR = ["TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"] as const;
const CHECKS = ["BACKEND_CA_FILE", "BACKEND_CERTIFICATE_NAME"] as const;

/** A mixture of HTTP and HTTPS would look like an outage. */
export function tlsFaults(choice: TlsChoice): Map<string, string> {
  const faults = new Map<string, string>();
  const [present] = PAIR.filter((name) => choice[name] !== undefined);
  const [missing] = PAIR.filter((name) => choice[name] === undefined);
  if (present && missing) {
    faults.set(
      missing,
      `${missing} must be set with ${present}: HTTPS needs a certificate and its key.`,
    );
  }
  const { BACKEND_URL: url, ADVERTISED_URL: advertised } = choice;
  const check = CHECKS.find((name) => choice[name] !== undefined);
  if (check && url && !isHttps(url)) {
    faults.set(
      "BACKEND_URL",
      `BACKEND_URL ${JSON.stringify(url)} must begin with https:// with ${check}, or the internal token and all texts are sent unencrypted.`,
    );
  }
  if (advertised && isHttps(advertised) !== Boolean(present)) {
    faults.set(
      "ADVERTISED_URL",
      `ADVERTISED_URL ${JSON.stringify(advertised)} must begin with ${present ? "https" : "http"}://, as this process serves ${present ? "HTTPS with TLS_CERTIFICATE_FILE" : "HTTP without TLS_CERTIFICATE_FILE"}.`,
    );
  }
  return faults;
}

const isHttps = (url: string) => url.startsWith("https://");
