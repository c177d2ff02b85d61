import { fetch, type Response } from "undici";
import { z } from "zod";
import { probeToken } from "../../core/config/tokens";
import type { Settings } from "../check";

/** The identity of the web pod that answers. */
export const Identity = z.object({
  host: z.string(),
  drainSeconds: z.number(),
  heartbeatSeconds: z.number(),
  now: z.number(),
});
export type Identity = z.output<typeof Identity>;

/** The address does not lead to a web pod with the same token. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
  constructor(
    message: string,
    readonly todo: string,
  ) {
    super(message);
  }
}

/** The reason why the ingress cannot be tested; `undefined` if it can. */
export function unavailableReason({
  PUBLIC_URL,
  INTERNAL_TOKEN,
}: Settings): string | undefined {
  if (!PUBLIC_URL)
    return "The ingress's URL is unknown, or localhost. Give --url.";
  if (!INTERNAL_TOKEN?.[0]) {
    return "INTERNAL_TOKEN is not set. Web pods require it.";
  }
  return undefined;
}

const TIMEOUT_MS = 10_000;

/** Sends a request through the ingress, with the probe token. */
export async function probe(
  config: Settings,
  path: string,
  {
    headers,
    signal,
  }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const [token = ""] = config.INTERNAL_TOKEN ?? [];
  const response = await fetch(addressOf(config, path), {
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

/** @param path below the path of the public URL, which web has as its BASE_PATH. */
const addressOf = ({ PUBLIC_URL = "" }: Settings, path: string): string =>
  `${PUBLIC_URL.replace(/\/+$/, "")}${path}`;

/** Finds out which pod answers; keeps its cookies in the jar. */
export async function askWho(
  config: Settings,
  jar: Jar = new Map(),
): Promise<Identity> {
  // A new connection for each request, since a proxy may pin a connection to a pod.
  const response = await probe(config, "/preflight", {
    headers: { connection: "close", ...cookieHeader(jar) },
  });
  keep(jar, response.headers.getSetCookie());
  return Identity.parse(await response.json());
}

/** Cookies by name. Paths and domains do not matter for a single address. */
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
      `${at} redirects to ${headers.get("location")}.`,
      "Set --url to the final address. If it requires signing in, pass a signed-in user's cookie with --header 'cookie: …'.",
    );
  }
  if (status === 404) {
    return new ProbeError(
      `${at} returned 404 for a probe.`,
      "Check that the ingress's host and paths lead to Keepsake's web pods, that web's BASE_PATH is the URL's path, and that INTERNAL_TOKEN is theirs.",
    );
  }
  return new ProbeError(
    `${at} returned ${status} for a probe.`,
    "Check that web pods are ready (kubectl get pods), and check the ingress controller's log.",
  );
}
