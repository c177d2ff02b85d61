import { rootCertificates } from "node:tls";
import {
  Agent,
  type Dispatcher,
  EnvHttpProxyAgent,
  fetch,
  type Response,
} from "undici";
import type { OpenAISettings } from "../model-settings";
import { complaintIn, retryAfter } from "./complaints";
import { modelErrorFor, unreachable, withoutSecrets, wrongUrl } from "./errors";

/** Speaks HTTP with one endpoint, in its terms: key, headers, authorities, proxies. */
export interface OpenAIClient {
  /**
   * @param path After the base address: `/models`.
   * @param body Sent as JSON by POST; without one it's a GET.
   * @throws ModelError for everything but a good answer, or the signal's reason.
   */
  request(
    path: string,
    signal: AbortSignal,
    body?: Record<string, unknown>,
  ): Promise<Response>;
  close(): Promise<void>;
}

/** What a server says of its failure is read no further than this, in bytes. */
const complaintMost = 64 * 1024;

export function createOpenAIClient(
  settings: OpenAISettings,
  connectMs: number,
): OpenAIClient {
  const base = withoutSecrets(settings.baseUrl).replace(/\/+$/, "");
  const dispatcher = dispatcherFor(settings, connectMs);
  const headers = headersFor(settings);

  async function request(
    path: string,
    signal: AbortSignal,
    body?: Record<string, unknown>,
  ): Promise<Response> {
    const response = await fetch(base + path, {
      method: body ? "POST" : "GET",
      headers: {
        ...headers,
        accept: body
          ? "text/event-stream, application/json"
          : "application/json",
        ...(body && { "content-type": "application/json" }),
      },
      body: body ? JSON.stringify(body) : null,
      dispatcher,
      signal,
      // Following would make a GET of a POST; and a redirect means that the address is wrong.
      redirect: "manual",
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(settings.baseUrl, error);
    });
    if (!response.ok) throw await failure(response);
    return response;
  }

  return { request, close: () => dispatcher.destroy() };
}

async function failure(response: Response): Promise<Error> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    return wrongUrl(`It redirects to ${headers.get("location") ?? "nowhere"}.`);
  }
  const text = await textUpTo(response, complaintMost);
  const body = jsonOrText(text);
  const complaint = complaintIn(body, status);
  return modelErrorFor({ ...complaint, retryAfterMs: retryAfter(headers) });
}

/** The beginning of a body; what comes is enough if the rest doesn't. */
export async function textUpTo(
  response: Response,
  bytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      if (text.length > bytes) break;
    }
  } catch {
    // The status alone tells enough.
  }
  return text;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersFor(settings: OpenAISettings): Record<string, string> {
  const { apiKey, organization, project } = settings;
  return {
    "user-agent": "keepsake",
    ...authorizationIn(settings.baseUrl),
    ...(apiKey && { authorization: `Bearer ${apiKey}` }),
    ...(organization && { "openai-organization": organization }),
    ...(project && { "openai-project": project }),
    ...lowerCased(settings.headers),
  };
}

/** A user and password in the address are for HTTP's own authentication. */
function authorizationIn(address: string): Record<string, string> {
  const { username, password } = new URL(address);
  if (username === "" && password === "") return {};
  const both = [username, password].map(decodeURIComponent).join(":");
  return { authorization: `Basic ${Buffer.from(both).toString("base64")}` };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function dispatcherFor(
  { ca, proxy }: OpenAISettings,
  connectMs: number,
): Dispatcher {
  const tls = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const options = {
    connect: { ...tls, timeout: connectMs },
    // How long a model may be silent is for those who wait for the reply to say.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (proxy.http === undefined && proxy.https === undefined) {
    return new Agent(options);
  }
  return new EnvHttpProxyAgent({
    ...options,
    requestTls: { ...tls, timeout: connectMs },
    proxyTls: { ...tls, timeout: connectMs },
    // An empty text keeps the library from looking into the environment by itself.
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: proxy.none ?? "",
  });
}
