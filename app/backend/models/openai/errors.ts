import { english } from "../../../core/texts/locale";
import { ModelError } from "../model";
import { adviceFor } from "../advice";

/** A server's message about a failure, before or within a stream. */
export interface Complaint {
  /** The HTTP status, or its equivalent in the stream. */
  status: number;
  /** Its message, shortened. For the operator only: it may hold addresses and keys. */
  said: string;
  /** Its own codes for the failure: `context_length_exceeded invalid_request_error`. */
  code?: string | undefined;
  /** The wait that it asks for, in milliseconds. */
  retryAfterMs?: number | undefined;
}

interface Row {
  fits: (status: number, about: string, code: string) => boolean;
  make: (complaint: Complaint, detail: string) => ModelError;
}

const isRefusal = (status: number) => status < 500 && status !== 429;

const says =
  (pattern: RegExp, fits: (status: number) => boolean = () => true) =>
  (status: number, about: string) =>
    fits(status) && pattern.test(about);

const hasStatus =
  (...statuses: number[]) =>
  (status: number) =>
    statuses.includes(status);

/** The first row that fits counts: a message tells more than a status. */
const rows: Row[] = [
  {
    // The latter is LiteLLM's word for a foreign key, if it has no database.
    fits: (status, about, code) =>
      status === 401 ||
      code.includes("no_db_connection") ||
      (isRefusal(status) &&
        /api[ _-]?key.{0,40}(?:not valid|invalid|incorrect|missing|expired)|(?:invalid|incorrect|missing|no|expired) (?:x-)?api[ _-]?key|api_key_invalid/i.test(
          about,
        )),
    make: (_, detail) => wrongKey(detail),
  },
  {
    fits: says(
      /content[ _-]?(?:filter|management|polic)|policy_violation|usage polic|content exists risk|data_?inspection|inappropriate content|moderation|flagged|high risk|safety (?:system|setting|reason|filter)|blocked by.{0,40}(?:filter|safety|guardrail)|prohibited_content|sensitive content|不安全|敏感/i,
      isRefusal,
    ),
    make: (_, detail) =>
      new ModelError("filtered", adviceFor.filtered, `${FILTERED} ${detail}`),
  },
  {
    fits: (status, about) =>
      status === 402 ||
      (isRefusal(status) &&
        /insufficient[ _](?:balance|credit|funds|quota)/i.test(about)),
    make: (_, detail) => noQuota(detail),
  },
  {
    fits: says(
      /max_(?:completion_|new_)?tokens.{0,60}(?:too large|too high|exceed|at most|less than|must be)|maximum tokens you requested/is,
      isRefusal,
    ),
    make: (_, detail) =>
      new ModelError(
        "invalid",
        adviceFor.replyTooLong,
        `The maximum length is above the model's limit. ${detail}`,
      ),
  },
  {
    fits: (status, about) =>
      status === 413 ||
      (status < 500 &&
        /context[ _]?(?:length|window|size)|maximum context|too long|too many (?:input )?tokens|exceeds? the (?:available|maximum) (?:context|length)|n_ctx|prompt is too|reduce the length/i.test(
          about,
        )),
    make: (_, detail) =>
      new ModelError(
        "too-long",
        adviceFor.tooLong,
        `The prompt exceeds the model's window: if that is smaller than OPENAI_CONTEXT_TOKENS, lower that. ${detail}`,
      ),
  },
  { fits: hasStatus(403, 451), make: (_, detail) => forbidden(detail) },
  {
    fits: (status, about) =>
      status === 410 ||
      /model.{0,80}(?:not found|does not exist|not exist|unknown|is not available|invalid model|decommissioned|does not support (?:chat|completions))|(?:unknown|invalid|no such) model|try pulling it|model_not_found|no (?:endpoints found|allowed providers)|does not support (?:chat|chat completions)\b/is.test(
        about,
      ),
    make: (_, detail) => unknownModel(detail),
  },
  { fits: hasStatus(404, 405), make: (_, detail) => wrongUrl(detail) },
  { fits: hasStatus(429), make: throttled },
  { fits: hasStatus(408, 504, 524), make: (_, detail) => tookTooLong(detail) },
  { fits: hasStatus(503, 529), make: overloaded },
  {
    fits: says(/\btemperature\b/i, isRefusal),
    make: (_, detail) =>
      new ModelError(
        "invalid",
        adviceFor.temperature,
        `The server refused the temperature. ${detail}`,
      ),
  },
  {
    fits: (status) => status >= 400 && status < 500,
    make: (_, detail) =>
      new ModelError(
        "invalid",
        adviceFor.refused,
        `The server refused the request. ${detail}`,
      ),
  },
];

const FILTERED = "A content filter before the model refused the prompt.";

/** Turns a complaint into advice for the visitor and for the operator. */
export function modelErrorFor(complaint: Complaint): ModelError {
  const { status, said, code = "" } = complaint;
  const about = `${code} ${said}`;
  const detail = `It answered ${status || "with an error"}: ${said || "(no message)"}`;
  const row = rows.find(({ fits }) => fits(status, about, code));
  return row ? row.make(complaint, detail) : broken(detail);
}

function wrongKey(detail: string): ModelError {
  return new ModelError(
    "denied",
    english.t("reason.signInFailed"),
    `Set OPENAI_API_KEY to a key that OPENAI_BASE_URL accepts. ${detail}`,
  );
}

function forbidden(detail: string): ModelError {
  return new ModelError(
    "denied",
    english.t("reason.notAllowed"),
    `The key may not use this model, or not from here: see its permissions, OPENAI_ORGANIZATION and OPENAI_PROJECT. ${detail}`,
  );
}

function unknownModel(detail: string): ModelError {
  return new ModelError(
    "unknown-model",
    english.t("reason.serverUnknown"),
    `Pull or load the model there, or remove it from MODELS. ${detail}`,
  );
}

export function wrongUrl(detail: string): ModelError {
  return new ModelError(
    "unreachable",
    english.t("reason.noModelThere"),
    `OPENAI_BASE_URL seems wrong: it must be the part before /chat/completions, which usually ends in /v1. ${detail}`,
  );
}

/** A web site's page, or an error page of a proxy, with the status 200. */
export function webPage(html: string): ModelError {
  const title = /<title>(.*?)<\/title>/is.exec(html)?.[1]?.trim();
  return wrongUrl(`It answered with a web page${title ? `: ${title}` : ""}.`);
}

function throttled(
  { retryAfterMs, code, said }: Complaint,
  detail: string,
): ModelError {
  const isQuota = /insufficient_quota|billing|credit|quota/i.test(
    `${code} ${said}`,
  );
  if (isQuota && retryAfterMs === undefined) return noQuota(detail);
  return new ModelError(
    "throttled",
    adviceFor.throttled,
    `The server limits the rate of requests; MODEL_BUSY_SECONDS is how long Keepsake waits. ${detail}`,
    { retryAfterMs: retryAfterMs ?? 0 },
  );
}

function noQuota(detail: string): ModelError {
  return new ModelError(
    "throttled",
    adviceFor.noQuota,
    `The account has no credit or quota left: waiting won't help. ${detail}`,
  );
}

function overloaded({ retryAfterMs }: Complaint, detail: string): ModelError {
  return new ModelError(
    "provider",
    adviceFor.overloaded,
    `The server is not ready; MODEL_BUSY_SECONDS is how long Keepsake waits. ${detail}`,
    { retryAfterMs: retryAfterMs ?? 0 },
  );
}

function tookTooLong(detail: string): ModelError {
  return new ModelError(
    "timed-out",
    english.t("reason.serverTimedOut"),
    `A server or gateway before the model has a time-out of its own. ${detail}`,
  );
}

function broken(detail: string): ModelError {
  return new ModelError(
    "provider",
    english.t("reason.serverFailed"),
    `See the server's own log. ${detail}`,
  );
}

/** The stream ended, or its connection broke, before the reply was complete. */
export function interrupted(detail: string, cause?: unknown): ModelError {
  return new ModelError(
    "interrupted",
    adviceFor.interrupted,
    `The stream ended before the reply did: ${detail}. See the server's log, and the time-outs of proxies on the way.`,
    { cause },
  );
}

/** No server of this protocol sends this. */
export function nonsense(detail: string, cause?: unknown): ModelError {
  return new ModelError(
    "provider",
    english.t("reason.serverUnreadable"),
    `The stream is not that of an OpenAI-compatible server: ${detail}`,
    { cause },
  );
}

const hints: [RegExp, string][] = [
  [/ECONNREFUSED/, "Nothing listens there: is the server started?"],
  [/ENOTFOUND|EAI_AGAIN/, "Its host name is unknown here: check it, and DNS."],
  [
    /ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH/,
    "Check firewalls, network policies and HTTPS_PROXY.",
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

/** No response came at all. */
export function unreachable(baseUrl: string, error: unknown): ModelError {
  const codes = codesOf(error);
  const hint = hints.find(([pattern]) => pattern.test(codes))?.[1] ?? "";
  return new ModelError(
    "unreachable",
    english.t("reason.serverUnreachable"),
    `OPENAI_BASE_URL ${withoutSecrets(baseUrl)} can't be reached (${codes || String(error)}). ${hint}`.trim(),
    { cause: error },
  );
}

/**
 * Every code and message in an error and its causes; an error about several addresses has several.
 * Not `instanceof Error`, since the system's may be of another realm.
 */
function codesOf(error: unknown, depth = 0): string {
  if (typeof error !== "object" || error === null || depth > 4) return "";
  const { code, message, cause, errors = [] } = error as Partial<SystemError>;
  const inner = [cause, ...errors].map((one) => codesOf(one, depth + 1));
  return [...new Set([code, message, ...inner])].filter(Boolean).join(", ");
}

interface SystemError {
  code: string;
  message: string;
  cause: unknown;
  errors: unknown[];
}

/** An address without its user, password and query, which may hold keys. */
export function withoutSecrets(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
