import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { resultWithin } from "../runtime/async";
import { readOrCreateSecret, readSecret } from "./secrets";

/** The tokens that web presents to the backend: several during a rotation, newest first. */
export interface Tokens {
  current(): Promise<readonly string[]>;
  /** Rereads them at once, after a token was not recognised. */
  renewed(): Promise<readonly string[]>;
}

/**
 * Checks a token against the known ones, rereading them if needed.
 *
 * @param derive Computes what is presented instead of a token itself.
 */
export async function isKnown(
  tokens: Tokens,
  presented: string,
  derive = (token: string) => token,
): Promise<boolean> {
  const isOneOf = (known: readonly string[]) =>
    includes(known.map(derive), presented);
  return isOneOf(await tokens.current()) || isOneOf(await tokens.renewed());
}

/** Compares in constant time. */
function includes(tokens: readonly string[], presented: string): boolean {
  const hash = sha256(presented);
  let found = false;
  for (const token of tokens) {
    found = timingSafeEqual(sha256(token), hash) || found;
  }
  return found;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** The token of an `authorization` header; empty for another scheme. */
export const bearer = (header: string): string =>
  /^bearer (.+)$/i.exec(header)?.[1] ?? "";

/**
 * The token that preflight presents to web pods. It passes the ingress, possibly unencrypted, so it
 * must not give access to the backend.
 */
export const probeToken = (token: string): string =>
  createHmac("sha256", token).update("keepsake preflight").digest("hex");

/** A token that was removed from the file is accepted for this long. */
const REREAD_MS = 5_000;

/** Keeps a flood of wrong tokens from becoming a flood of reads. */
const RENEW_MS = 500;

/** A call waits this long for the disk, then uses the tokens that were read last. */
const PATIENCE_MS = 1_000;

/**
 * The tokens of the setting, or else of the file in `SECRETS_DIRECTORY`. The file is reread, so that
 * a token is rotated by writing the file, without a restart.
 *
 * @param onFailure Called when rereading fails; the last tokens stay valid.
 * @throws Error naming the directory, if the file can be neither read nor created.
 */
export async function readTokens(
  config: { INTERNAL_TOKEN?: string[]; SECRETS_DIRECTORY: string },
  onFailure: (error: unknown) => void,
): Promise<Tokens> {
  if (config.INTERNAL_TOKEN) return fixedTokens(...config.INTERNAL_TOKEN);
  const read = () =>
    readOrCreateSecret(config.SECRETS_DIRECTORY, "INTERNAL_TOKEN");
  return rereadTokens(await read(), read, onFailure);
}

/**
 * The values that a proxy in front proves itself with: those of the setting, or else of the file, which
 * is reread like that of the tokens.
 *
 * @returns `undefined` if there is neither.
 */
export async function readOriginSecrets(
  config: { ORIGIN_SECRET?: string[]; SECRETS_DIRECTORY: string },
  onFailure: (error: unknown) => void,
): Promise<Tokens | undefined> {
  if (config.ORIGIN_SECRET) return fixedTokens(...config.ORIGIN_SECRET);
  const read = () => readSecret(config.SECRETS_DIRECTORY, "ORIGIN_SECRET");
  const first = await read();
  return (
    first && rereadTokens(first, async () => (await read()) ?? [], onFailure)
  );
}

export const fixedTokens = (...tokens: readonly string[]): Tokens => ({
  current: () => Promise.resolve(tokens),
  renewed: () => Promise.resolve(tokens),
});

function rereadTokens(
  first: readonly string[],
  read: () => Promise<readonly string[]>,
  onFailure: (error: unknown) => void,
): Tokens {
  let tokens = first;
  let readAt = performance.now();
  let reading: Promise<readonly string[]> | undefined;
  const reread = async () => {
    try {
      const found = await read();
      if (found.length > 0) tokens = found;
    } catch (error) {
      onFailure(error);
    } finally {
      readAt = performance.now();
      reading = undefined;
    }
    return tokens;
  };
  const after = (ms: number) => async () => {
    if (performance.now() - readAt < ms) return tokens;
    reading ??= reread();
    return (await resultWithin(reading, PATIENCE_MS)) ?? tokens;
  };
  return { current: after(REREAD_MS), renewed: after(RENEW_MS) };
}
