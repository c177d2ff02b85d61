import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { resultWithin } from "../runtime/async";
import { readOrMakeSecret } from "./secrets";

/** What web shows the backend to be let in: several while it is rotated, newest first. */
export interface Tokens {
  current(): Promise<readonly string[]>;
  /** Looks again at once, since a token was not known on one side. */
  renewed(): Promise<readonly string[]>;
}

/**
 * Whether this is one of the tokens, or made of one: it may be one that came just now.
 *
 * @param made What is shown instead of a token itself.
 */
export async function isKnown(
  tokens: Tokens,
  given: string,
  made = (token: string) => token,
): Promise<boolean> {
  const isOneOf = (known: readonly string[]) =>
    includes(known.map(made), given);
  return isOneOf(await tokens.current()) || isOneOf(await tokens.renewed());
}

/** Takes as long for a token that is nearly right as for any other. */
function includes(tokens: readonly string[], given: string): boolean {
  const hash = sha256(given);
  let found = false;
  for (const token of tokens) {
    found = timingSafeEqual(sha256(token), hash) || found;
  }
  return found;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** What a header `authorization` holds; empty if it is none of ours. */
export const bearer = (header: string): string =>
  /^bearer (.+)$/i.exec(header)?.[1] ?? "";

/**
 * What preflight shows web pods. It goes through the ingress, maybe in clear text, and so must not
 * be what opens the backend.
 */
export const probeToken = (token: string): string =>
  createHmac("sha256", token).update("keepsake preflight").digest("hex");

/** How long a token that was taken out of the file is still let in. */
const REREAD_MS = 5_000;

/** So that a flood of wrong tokens doesn't become a flood of reads. */
const RENEW_MS = 500;

/** How long a call waits for a disk, before it uses what was read last. */
const PATIENCE_MS = 1_000;

/**
 * The tokens that the setting names, or else those in the file of `SECRETS_DIRECTORY`, which is
 * read again now and then: a token is rotated by writing the file, without a restart.
 *
 * @param onFailure Told when the file could be read before and can't be now; what was read serves on.
 * @throws Error naming the directory, if the file can be neither read nor made.
 */
export async function readTokens(
  config: { INTERNAL_TOKEN?: string[]; SECRETS_DIRECTORY: string },
  onFailure: (error: unknown) => void,
): Promise<Tokens> {
  if (config.INTERNAL_TOKEN) return fixedTokens(...config.INTERNAL_TOKEN);
  const read = () =>
    readOrMakeSecret(config.SECRETS_DIRECTORY, "INTERNAL_TOKEN");
  return rereadTokens(await read(), read, onFailure);
}

/** Tokens that stay as they are. */
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
