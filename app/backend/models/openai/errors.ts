import { ModelError } from "../model";

/** What a server says of a failure, before or within a stream. */
export interface Complaint {
  /** The HTTP status, or what stands for it in the stream. */
  status: number;
  /** What it said, shortened; for the operator alone, since it may hold addresses and keys. */
  said: string;
  /** Its own codes of the failure: `context_length_exceeded invalid_request_error`. */
  code?: string | undefined;
  /** How long it asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
}

const tooLong =
  /context[ _]?(?:length|window|size)|maximum context|too long|too many (?:input )?tokens|exceeds? the (?:available|maximum) (?:context|length)|n_ctx|prompt is too|reduce the length/i;
const noModel =
  /model.{0,80}(?:not found|does not exist|not exist|unknown|is not available|invalid model|decommissioned)|(?:unknown|invalid|no such) model|try pulling it|model_not_found/is;
const noCredit = /insufficient_quota|billing|credit|quota/i;

/** Turns what a server complains of into what the visitor and the operator can do. */
export function modelErrorFor(complaint: Complaint): ModelError {
  const { status, said, code = "" } = complaint;
  const about = `${code} ${said}`;
  const told = `It answered ${status || "with an error"}: ${said || "(nothing more)"}`;
  // The latter is LiteLLM's word for a key that isn't its own, where it has no database.
  if (status === 401 || /no_db_connection/.test(code)) return wrongKey(told);
  if (status === 403) return forbidden(told);
  if (status === 413 || (status < 500 && tooLong.test(about))) {
    return tooLongError(told);
  }
  if (noModel.test(about)) return unknownModel(told);
  if (status === 404 || status === 405) return wrongUrl(told);
  if (status === 429) return throttled(complaint, about, told);
  if (status === 408 || status === 504) return tookTooLong(told);
  if (status === 503 || status === 529) return overloaded(complaint, told);
  if (status >= 400 && status < 500) return refused(told);
  return broken(told);
}

function wrongKey(told: string): ModelError {
  return new ModelError(
    "denied",
    "The model's server refused Keepsake's key. Choose another model, or tell whoever runs this site.",
    `Set OPENAI_API_KEY to a key that OPENAI_BASE_URL accepts. ${told}`,
  );
}

function forbidden(told: string): ModelError {
  return new ModelError(
    "denied",
    "Keepsake may not use this model. Choose another model, or tell whoever runs this site.",
    `The key may not use this model: see its permissions, OPENAI_ORGANIZATION and OPENAI_PROJECT. ${told}`,
  );
}

function tooLongError(told: string): ModelError {
  return new ModelError(
    "too-long",
    "This conversation is too long for the model. Send a shorter message, begin a new conversation, or choose a model with a larger window.",
    `The prompt exceeds the model's window: if that is smaller than OPENAI_CONTEXT_TOKENS, lower that. ${told}`,
  );
}

function unknownModel(told: string): ModelError {
  return new ModelError(
    "unknown-model",
    "The model's server no longer has this model. Choose another one from the list of models, then try again.",
    `Pull or load the model there, or take it out of MODELS. ${told}`,
  );
}

export function wrongUrl(told: string): ModelError {
  return new ModelError(
    "unreachable",
    "No model answers at the address that Keepsake was given. Choose another model, or tell whoever runs this site.",
    `OPENAI_BASE_URL seems wrong: it must be the part before /chat/completions, which usually ends in /v1. ${told}`,
  );
}

function throttled(
  { retryAfterMs }: Complaint,
  about: string,
  told: string,
): ModelError {
  if (noCredit.test(about) && retryAfterMs === undefined) {
    return new ModelError(
      "throttled",
      "The quota for this model is used up. Choose another model, or tell whoever runs this site.",
      `The account has no credit or quota left: waiting won't help. ${told}`,
    );
  }
  return new ModelError(
    "throttled",
    "The model has too much to do right now. Try again in a minute, or choose another model.",
    `The server limits the rate of requests; MODEL_BUSY_SECONDS is how long that is waited for. ${told}`,
    { retryAfterMs: retryAfterMs ?? 0 },
  );
}

function overloaded({ retryAfterMs }: Complaint, told: string): ModelError {
  return new ModelError(
    "provider",
    "The model is starting or overloaded. Try again in a minute, or choose another model.",
    `The server says that it is not ready; MODEL_BUSY_SECONDS is how long that is waited for. ${told}`,
    { retryAfterMs: retryAfterMs ?? 0 },
  );
}

function tookTooLong(told: string): ModelError {
  return new ModelError(
    "timed-out",
    "The model's server gave up waiting for it. Try again, or choose another model.",
    `A server or gateway before the model has a time-out of its own. ${told}`,
  );
}

function refused(told: string): ModelError {
  return new ModelError(
    "invalid",
    "The model can't take this message or these settings. Change the temperature or the maximum length, or choose another model.",
    `The server refused the request. ${told}`,
  );
}

function broken(told: string): ModelError {
  return new ModelError(
    "provider",
    "The model's server failed. Try again, or choose another model.",
    `See the server's own log. ${told}`,
  );
}

/** The server closed, or the line was cut, before the reply was at its end. */
export function interrupted(detail: string, cause?: unknown): ModelError {
  return new ModelError(
    "interrupted",
    "The model's answer broke off in the middle. Try again to get all of it.",
    `The stream ended before the reply did: ${detail}. See the server's log, and the time-outs of proxies on the way.`,
    { cause },
  );
}

/** What no server of this protocol sends. */
export function nonsense(detail: string, cause?: unknown): ModelError {
  return new ModelError(
    "provider",
    "The model's server sent something that Keepsake can't read. Try again, or choose another model.",
    `The stream is not that of an OpenAI-compatible server: ${detail}`,
    { cause },
  );
}

const hints: [RegExp, string][] = [
  [/ECONNREFUSED/, "Nothing listens there: is the server started?"],
  [
    /ENOTFOUND|EAI_AGAIN/,
    "Its host name is unknown here: see the name, and DNS.",
  ],
  [
    /ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH/,
    "It can't be reached: see firewalls, network policies, HTTPS_PROXY.",
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|LEAF_SIGNATURE/,
    "Its certificate isn't trusted: set OPENAI_CA_FILE to the authority that signed it.",
  ],
  [
    /WRONG_VERSION|ERR_SSL|EPROTO/,
    "It doesn't speak TLS there: http:// instead of https://?",
  ],
  [/INVALID_URL|UND_ERR_INVALID_ARG/, "The address can't be used."],
];

/** Nothing was answered at all. */
export function unreachable(baseUrl: string, error: unknown): ModelError {
  const codes = codesOf(error);
  const hint = hints.find(([pattern]) => pattern.test(codes))?.[1] ?? "";
  return new ModelError(
    "unreachable",
    "The model's server can't be reached right now. Try again in a minute, or choose another model.",
    `OPENAI_BASE_URL ${withoutSecrets(baseUrl)} can't be reached (${codes || String(error)}). ${hint}`.trim(),
    { cause: error },
  );
}

/**
 * Every code and message in an error and its causes; that of several addresses has several. Not
 * `instanceof Error`, since the system's may be of another realm.
 */
function codesOf(error: unknown, depth = 0): string {
  if (typeof error !== "object" || error === null || depth > 4) return "";
  const { code, message, cause, errors = [] } = error as Partial<SystemError>;
  const inner = [cause, ...errors].map((one) => codesOf(one, depth + 1));
  // The outermost message is only "fetch failed".
  const own = [code, depth > 0 ? message : undefined];
  return [...new Set([...own, ...inner])].filter(Boolean).join(", ");
}

interface SystemError {
  code: string;
  message: string;
  cause: unknown;
  errors: unknown[];
}

/** An address without the user and password that it may hold. */
export function withoutSecrets(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
