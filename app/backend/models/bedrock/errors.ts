import { english } from "../../../core/texts/locale";
import { adviceFor } from "../advice";
import { ModelError } from "../model";

/** The fields that all of the SDK's error classes share. */
interface SdkError {
  name: string;
  message: string;
  code?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  $response?: { headers?: Record<string, string> };
}

/** Turns an error of Bedrock or the SDK into advice for the visitor and for the operator. */
export function bedrockError(thrown: unknown, model: string): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const error = asSdkError(thrown);
  const make = table.find(({ fits }) => fits(error))?.make ?? broken;
  const { reason, message, forOperator, busy } = make(error, model);
  return new ModelError(reason, message, `${forOperator} ${detailOf(error)}`, {
    cause: thrown,
    retryAfterMs: busy ? (retryAfterMs(error) ?? 0) : undefined,
  });
}

/** The stream ended before the reply was complete. */
export function interruptedBedrock(): ModelError {
  const { message, forOperator } = brokenOff();
  return new ModelError("interrupted", message, forOperator);
}

interface Explanation {
  reason: ModelError["reason"];
  message: string;
  forOperator: string;
  /** True if waiting helps. */
  busy?: boolean;
}

interface Row {
  fits: (error: SdkError) => boolean;
  make: (error: SdkError, model: string) => Explanation;
}

const named =
  (names: RegExp, message = /(?:)/) =>
  (error: SdkError) =>
    names.test(error.name) && message.test(error.message);

const tooLongMessage =
  /too long|too many (?:input )?tokens|input tokens? exceed|exceeds? (?:the )?(?:maximum|context|model)|context (?:length|window|limit)|maximum (?:context|input|number of (?:input )?tokens)/i;

const table: Row[] = [
  {
    fits: named(
      /^AccessDenied/,
      /access to the model|model access|marketplace|use case/i,
    ),
    make: notEnabled,
  },
  { fits: named(/^ResourceNotFound/, /use case/i), make: notEnabled },
  {
    fits: named(/^AccessDenied/, /AssumeRoleWith|sts:AssumeRole/i),
    make: noCredentials,
  },
  { fits: named(/^AccessDenied/), make: notAllowed },
  {
    fits: named(
      /Credentials|TokenProvider|ExpiredToken|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|MissingAuthentication|InvalidClientTokenId|IncompleteSignature|InvalidIdentityToken/,
    ),
    make: noCredentials,
  },
  { fits: named(/^ResourceNotFound/), make: unknownModel },
  { fits: named(/^Validation/, /on-demand throughput/i), make: needsProfile },
  {
    fits: named(
      /^Validation/,
      /model identifier is invalid|invalid model|model.{0,40}(?:not exist|not found|not supported)/i,
    ),
    make: unknownModel,
  },
  {
    fits: named(
      /^Validation/,
      /content filter|blocked by|guardrail|content polic|harmful|safety|responsible ai/i,
    ),
    make: blockedByFilter,
  },
  {
    fits: named(
      /^Validation/,
      /maximum tokens you requested|max_?tokens.{0,60}(?:exceed|maximum|less)/i,
    ),
    make: replyTooLong,
  },
  { fits: named(/^(?:Validation|ModelError)/, tooLongMessage), make: tooLong },
  { fits: named(/^Validation/, /\btemperature\b/i), make: badTemperature },
  { fits: named(/^Validation/), make: refused },
  {
    fits: named(/^(?:Throttling|TooManyRequests)/, /per day|daily/i),
    make: quotaUsedUp,
  },
  { fits: named(/^ServiceQuotaExceeded/), make: quotaUsedUp },
  { fits: named(/^(?:Throttling|TooManyRequests)/), make: throttled },
  { fits: named(/^(?:ModelNotReady|ServiceUnavailable)/), make: notReady },
  { fits: named(/^ModelTimeout/), make: tookTooLong },
  { fits: named(/^ModelStreamError/), make: brokenOff },
  { fits: ({ message }) => /Region is missing/.test(message), make: noRegion },
  {
    fits: ({ message }) => /Truncated event message|checksum/i.test(message),
    make: brokenOff,
  },
  {
    fits: ({ name, code, message }) =>
      isBrokenLine(`${code} ${message}`) && name !== "TimeoutError",
    make: brokenOff,
  },
  {
    fits: ({ name, code, message }) =>
      name === "TimeoutError" || isUnreachable(`${code} ${message}`),
    make: unreachable,
  },
];

const isBrokenLine = (text: string) =>
  /ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|\baborted\b|socket hang up/.test(
    text,
  );
const isUnreachable = (code: string) =>
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CERT|SELF_SIGNED|UNABLE_TO/.test(
    code,
  );

function notEnabled(_: SdkError, model: string): Explanation {
  return {
    reason: "denied",
    message: english.t("reason.notEnabled"),
    forOperator: `Enable access to ${model} in this account and region, in the Bedrock console under Model access; some models want a form about their use first.`,
  };
}

function notAllowed(_: SdkError, model: string): Explanation {
  return {
    reason: "denied",
    message: english.t("reason.notAllowed"),
    forOperator: `Allow the pod's role or the profile bedrock:InvokeModelWithResponseStream on ${model}: on the foundation model in every region of an inference profile, and on the profile itself.`,
  };
}

function noCredentials(): Explanation {
  return {
    reason: "denied",
    message: english.t("reason.noCredentials"),
    forOperator:
      "There are no valid AWS credentials: in a cluster, check the service account's Pod Identity association or IRSA role; elsewhere AWS_PROFILE and `aws sso login`. A wrong clock also makes signatures invalid.",
  };
}

function unknownModel(_: SdkError, model: string): Explanation {
  return {
    reason: "unknown-model",
    message: english.t("reason.bedrockUnknown"),
    forOperator: `${model} is not in this region, or was withdrawn: see MODELS and AWS_REGION.`,
  };
}

function needsProfile(_: SdkError, model: string): Explanation {
  return {
    reason: "unknown-model",
    message: english.t("reason.notHere"),
    forOperator: `In this region ${model} needs an inference profile: put the profile's id, which begins with us., eu., apac. or global., into MODELS.`,
  };
}

function replyTooLong(): Explanation {
  return {
    reason: "invalid",
    message: adviceFor.replyTooLong,
    forOperator: "The maximum length is above the model's own limit.",
  };
}

function tooLong(): Explanation {
  return {
    reason: "too-long",
    message: adviceFor.tooLong,
    forOperator: "The prompt exceeds the model's window.",
  };
}

function blockedByFilter(): Explanation {
  return {
    reason: "filtered",
    message: adviceFor.filtered,
    forOperator: "A content filter before the model refused the prompt.",
  };
}

function badTemperature(): Explanation {
  return {
    reason: "invalid",
    message: adviceFor.temperature,
    forOperator: "Bedrock refused the temperature.",
  };
}

function refused(): Explanation {
  return {
    reason: "invalid",
    message: adviceFor.refused,
    forOperator: "Bedrock refused the request.",
  };
}

function quotaUsedUp(): Explanation {
  return {
    reason: "throttled",
    message: adviceFor.noQuota,
    forOperator: "See the account's quotas for Bedrock: waiting won't help.",
  };
}

function throttled(): Explanation {
  return {
    reason: "throttled",
    message: adviceFor.throttled,
    forOperator:
      "The account's rate for this model is used up: a cross-region inference profile has more, and quotas can be raised. MODEL_BUSY_SECONDS is how long Keepsake waits.",
    busy: true,
  };
}

function notReady(): Explanation {
  return {
    reason: "provider",
    message: adviceFor.overloaded,
    forOperator: "MODEL_BUSY_SECONDS is how long Keepsake waits.",
    busy: true,
  };
}

function tookTooLong(): Explanation {
  return {
    reason: "timed-out",
    message: english.t("reason.modelTooSlow"),
    forOperator: "Bedrock's own time-out for the model ran out.",
  };
}

function brokenOff(): Explanation {
  return {
    reason: "interrupted",
    message: adviceFor.interrupted,
    forOperator: "The stream ended before the reply did.",
  };
}

function noRegion(): Explanation {
  return {
    reason: "unreachable",
    message: english.t("reason.noRegion"),
    forOperator: "Set AWS_REGION, or a region in the profile.",
  };
}

function unreachable(): Explanation {
  return {
    reason: "unreachable",
    message: english.t("reason.providerUnreachable"),
    forOperator:
      "Bedrock's endpoint can't be reached: check AWS_REGION, DNS, network policies, and NAT or VPC endpoints.",
  };
}

function broken(): Explanation {
  return {
    reason: "provider",
    message: english.t("reason.providerFailed"),
    forOperator: "An error of Bedrock's own.",
  };
}

function asSdkError(thrown: unknown): SdkError {
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    return thrown as SdkError;
  }
  return { name: "Error", message: String(thrown) };
}

function detailOf(error: SdkError): string {
  const request = error.$metadata?.requestId;
  const id = request === undefined ? "" : ` (request ${request})`;
  return `It said ${error.name}: ${error.message.slice(0, 500)}${id}`;
}

function retryAfterMs({ $response }: SdkError): number | undefined {
  const seconds = Number($response?.headers?.["retry-after"]);
  return seconds >= 0 ? seconds * 1_000 : undefined;
}
