import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { ConfigError } from "../config/config";
import { errorCode } from "./errors";
import type { Logger } from "./log";

/** A server's certificate, with its chain, and its key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** The authority that backends' certificates are checked against. */
export interface Trust {
  /** PEM; the newest that was read. `undefined`: those that Node trusts. */
  readonly ca: string | undefined;
  /** The name in the certificates, where it is not the host of the URL. */
  readonly serverName: string | undefined;
}

export interface CertificateSettings {
  TLS_CERTIFICATE_FILE?: string | undefined;
  TLS_KEY_FILE?: string | undefined;
}

export interface PeerSettings {
  ADVERTISED_URL?: string | undefined;
  BACKEND_CERTIFICATE_NAME?: string | undefined;
}

export interface TrustSettings {
  BACKEND_CA_FILE?: string | undefined;
  BACKEND_CERTIFICATE_NAME?: string | undefined;
}

/** Certificates are renewed weeks before they expire; Kubernetes replaces files a minute after a Secret. */
const REREAD_MS = 10_000;

/**
 * @returns `undefined` if the settings name no certificate.
 * @throws ConfigError if a file can't be read, or key and certificate don't belong together.
 */
export async function readCertificate(
  settings: CertificateSettings,
): Promise<Certificate | undefined> {
  const { TLS_CERTIFICATE_FILE: certFile, TLS_KEY_FILE: keyFile } = settings;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readPem("TLS_CERTIFICATE_FILE", certFile),
    readPem("TLS_KEY_FILE", keyFile),
  ]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    // The error's message has no part of the key.
    throw new ConfigError(
      `TLS_KEY_FILE "${keyFile}" has no key of the certificate in TLS_CERTIFICATE_FILE "${certFile}" (${messageOf(error)}). Set both to PEM files of one pair.`,
    );
  }
  return { cert, key };
}

/**
 * Other backends check the certificate by the host of the address, unless they know its name.
 *
 * @throws ConfigError if they would refuse it.
 */
export function requirePeersAccept(
  certificate: Certificate | undefined,
  { ADVERTISED_URL: url, BACKEND_CERTIFICATE_NAME: name }: PeerSettings,
): void {
  if (!certificate || url === undefined || name !== undefined) return;
  const host = withoutBrackets(new URL(url).hostname);
  const x509 = new X509Certificate(certificate.cert);
  const found = isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host);
  if (found !== undefined) return;
  throw new ConfigError(
    `BACKEND_CERTIFICATE_NAME must be set, as the certificate in TLS_CERTIFICATE_FILE is not for the host of ADVERTISED_URL ${JSON.stringify(url)}. Set it to a name in the certificate, for all backends.`,
  );
}

/** The host of a URL as a certificate has it: a URL puts an IPv6 address in brackets. */
export const withoutBrackets = (host: string): string =>
  host.replace(/^\[|\]$/g, "");

/**
 * Uses a new certificate for new connections when its files were replaced, by a symbolic link or in
 * place. A pair that can't be used is logged, and the old one stays.
 */
export function followCertificate(
  server: HttpServer,
  first: Certificate | undefined,
  settings: CertificateSettings,
  log: Logger,
): void {
  if (!first) return;
  follow({
    first,
    read: () => readCertificate(settings),
    isSame: (a, b) => a.cert === b.cert && a.key === b.key,
    use: (certificate) => {
      (server as HttpsServer).setSecureContext(certificate);
      const { validTo } = new X509Certificate(certificate.cert);
      log.info({ validTo }, "certificate reloaded");
    },
    onFailure: (error) => log.error({ error }, "failed to reload certificate"),
  });
}

/**
 * The authority of BACKEND_CA_FILE, which is reread like a certificate.
 *
 * @throws ConfigError if the file can't be read or has no certificate.
 */
export async function readTrust(
  {
    BACKEND_CA_FILE: file,
    BACKEND_CERTIFICATE_NAME: serverName,
  }: TrustSettings,
  log: Logger,
): Promise<Trust> {
  if (file === undefined) return { ca: undefined, serverName };
  const read = () => readAuthority(file);
  const first = await read();
  const trust = { ca: first, serverName };
  follow({
    first,
    read,
    isSame: (a, b) => a === b,
    use: (ca) => {
      trust.ca = ca;
      log.info("BACKEND_CA_FILE reloaded");
    },
    onFailure: (error) =>
      log.error({ error }, "failed to reload BACKEND_CA_FILE"),
  });
  return trust;
}

/** @throws ConfigError */
export async function readAuthority(file: string): Promise<string> {
  const pem = await readPem("BACKEND_CA_FILE", file);
  const blocks = certificatesIn(pem);
  const invalid = blocks.findIndex((block) => !isCertificate(block));
  if (blocks.length > 0 && invalid < 0) return pem;
  const fault =
    blocks.length === 0
      ? "has no certificate"
      : `can't be used: its certificate number ${invalid + 1} is damaged`;
  throw new ConfigError(
    `BACKEND_CA_FILE "${file}" ${fault}. Set it to a PEM file of the authority that signs the backend's certificate.`,
  );
}

/** A block begins at its first line, so that a truncated one counts. */
const certificatesIn = (pem: string) =>
  pem
    .split(/(?=-----BEGIN )/)
    .filter((block) => /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(block));

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

async function readPem(setting: string, file: string): Promise<string> {
  // It may be a key.
  if (file.includes("-----BEGIN")) {
    throw new ConfigError(
      `${setting} must be the path of a PEM file, not its content.`,
    );
  }
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(
      `${setting} "${file}" can't be read (${errorCode(error) ?? "unknown error"}). Set it to a PEM file that this process may read.`,
    );
  }
}

/** Rereads something for as long as the process runs. */
function follow<T>({
  first,
  read,
  isSame,
  use,
  onFailure,
}: {
  first: T;
  read: () => Promise<T | undefined>;
  isSame: (a: T, b: T) => boolean;
  use: (found: T) => void;
  onFailure: (error: unknown) => void;
}): void {
  let current = first;
  let fault: string | undefined;
  const reread = async () => {
    try {
      const found = await read();
      if (found !== undefined && !isSame(found, current)) {
        use(found);
        current = found;
      }
      fault = undefined;
    } catch (error) {
      // Once: the next look comes in a few seconds.
      if (messageOf(error) !== fault) onFailure(error);
      fault = messageOf(error);
    }
  };
  setInterval(() => void reread(), REREAD_MS).unref();
}

const messageOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);
