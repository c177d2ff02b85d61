import { fetch, type Response } from "undici";
import { z } from "zod";
import { probeToken } from "../../core/config/tokens";
import type { Settings } from "../check";

/** What a web pod says of itself through the ingress. */
export const Identity = z.object({
  host: z.string(),
  drainSeconds: z.number(),
  heartbeatSeconds: z.number(),
  now: z.number(),
});
export type Identity = z.output<typeof Identity>;

/** Thrown when what answers at the address is not a web pod that knows us; says what to do. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
  constructor(
    message: string,
    readonly todo: string,
  ) {
    super(message);
  }
}

/** Why nothing can be asked through the ingress; `undefined` if it can. */
export function whyNoProbe({
  PUBLIC_URL,
  INTERNAL_TOKEN,
}: Settings): string | undefined {
  if (!PUBLIC_URL) return "No address of the ingress is known: give --url.";
  if (!INTERNAL_TOKEN?.[0]) {
    return "INTERNAL_TOKEN is not set, with which web pods let themselves be asked.";
  }
  return undefined;
}

const TIMEOUT_MS = 10_000;

/** Asks through the ingress, as a browser would, and shows that it may. */
export async function probe(
  config: Settings,
  path: string,
  {
    headers,
    signal,
  }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const [token = ""] = config.INTERNAL_TOKEN ?? [];
  const response = await fetch(new URL(path, config.PUBLIC_URL), {
    redirect: "manual",
    signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...config.headers,
      authorization: `Bearer ${probeToken(token)}`,
      ...headers,
    },
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusal(config, response);
}

/** Which pod answers; its cookies are left in the jar. */
export async function askWho(
  config: Settings,
  jar: Jar = new Map(),
): Promise<Identity> {
  // Each on a connection of its own, as different visitors come: a proxy may pin a connection to a pod.
  const response = await probe(config, "/preflight", {
    headers: { connection: "close", ...cookieHeader(jar) },
  });
  keep(jar, response.headers.getSetCookie());
  return Identity.parse(await response.json());
}

/** Cookies by name. One address is asked only, so that paths and domains don't matter. */
export type Jar = Map<string, string>;

function cookieHeader(jar: Jar): Record<string, string> {
  if (jar.size === 0) return {};
  return {
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
  };
}

function keep(jar: Jar, cookies: string[]): void {
  for (const cookie of cookies) {
    const [pair = ""] = cookie.split(";");
    const cut = pair.indexOf("=");
    if (cut > 0) jar.set(pair.slice(0, cut).trim(), pair.slice(cut + 1));
  }
}

function refusal(config: Settings, { status, headers }: Response): ProbeError {
  const at = config.PUBLIC_URL;
  if (status >= 300 && status < 400) {
    return new ProbeError(
      `${at} sends visitors to ${headers.get("location")}.`,
      "Give --url the final address. If people must sign in first, give --header 'cookie: …' of someone who has.",
    );
  }
  if (status === 404) {
    return new ProbeError(
      `${at} answers 404 to a probe.`,
      "The ingress doesn't lead to Keepsake's web pods (look at its host and paths), or INTERNAL_TOKEN isn't theirs.",
    );
  }
  return new ProbeError(
    `${at} answers ${status} to a probe.`,
    "See whether web pods are ready (kubectl get pods) and what the ingress controller logs.",
  );
}
