import { rootCertificates } from "node:tls";
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import type { OpenAISettings } from "../provider-settings";
import { complaintIn, retryAfter } from "./complaints";
import { modelErrorFor, unreachable, wrongUrl } from "./errors";

/** HTTP with one endpoint: key, headers, authorities, proxies. */
export interface OpenAIClient {
  /**
   * @param path Relative to the base address: `/models`.
   * @param body Sent as JSON by POST; without it the request is a GET.
   * @returns The response's body.
   * @throws ModelError unless the response is successful, or the signal's reason.
   */
  request(
    path: string,
    signal: AbortSignal,
    body?: Record<string, unknown>,
  ): Promise<ResponseBody>;
  close(): Promise<void>;
}

type ResponseBody = Dispatcher.ResponseData["body"];

/** An error's body is read up to this, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

export function createOpenAIClient(
  settings: OpenAISettings,
  connectMs: number,
): OpenAIClient {
  const dispatcher = dispatcherFor(settings, connectMs);
  const headers = headersFor(settings);
  const credentials = credentialsIn(headers);

  async function send(
    path: string,
    signal: AbortSignal,
    body?: Record<string, unknown>,
  ): Promise<ResponseBody> {
    // A redirect is not followed: the address is wrong, and the POST would become a GET.
    const response = await request(urlOf(settings.baseUrl, path), {
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
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(settings.baseUrl, error);
    });
    // A reader that stops early destroys it, which is no fault.
    response.body.on("error", () => undefined);
    const { statusCode, body: sent } = response;
    if (statusCode >= 200 && statusCode < 300) return sent;
    throw await failure(response, credentials);
  }

  return { request: send, close: () => dispatcher.destroy() };
}

/** The base address with a path before its query (`?api-version=…`), without user and password. */
function urlOf(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  url.username = "";
  url.password = "";
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  return url;
}

/** Values that a server may repeat in its refusal, with and without their scheme. */
function credentialsIn(headers: Record<string, string>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !PUBLIC_HEADERS.has(name))
    .flatMap(([, value]) => [value, value.split(" ").at(-1) ?? ""])
    .filter((value) => value.length >= MIN_CREDENTIAL_LENGTH);
}

const PUBLIC_HEADERS = new Set([
  "user-agent",
  "openai-organization",
  "openai-project",
]);

/** A shorter value, such as a version, is no secret. */
const MIN_CREDENTIAL_LENGTH = 12;

const without = (credentials: readonly string[], text: string): string =>
  credentials.reduce((rest, one) => rest.replaceAll(one, "…"), text);

async function failure(
  { statusCode: status, headers, body: sent }: Dispatcher.ResponseData,
  credentials: readonly string[],
): Promise<Error> {
  if (status >= 300 && status < 400) {
    sent.destroy();
    return wrongUrl(
      `It redirects to ${String(headers["location"] ?? "nowhere")}.`,
    );
  }
  const { text: all } = await beginningOf(sent, MAX_ERROR_BYTES);
  const text = without(credentials, all);
  const body = jsonOrText(text.replace(/^\s*(?:event: *\w+\s+)?data: */, ""));
  const complaint = complaintIn(body, status);
  return modelErrorFor({ ...complaint, retryAfterMs: retryAfter(headers) });
}

/** Reads a body up to a bound, then closes its connection: a server may send without end. */
export async function beginningOf(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ text: string; isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > maxBytes) return { text, isWhole: false };
      text += decoder.decode(part, { stream: true });
    }
  } catch {
    // For an error's body the status alone tells enough.
    return { text, isWhole: false };
  }
  return { text, isWhole: true };
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

/** A user and password in the address mean HTTP basic authentication. */
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
    // Callers bound how long a model may be silent.
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
    // An empty string keeps undici from reading the environment.
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: proxy.none ?? "",
  });
}
