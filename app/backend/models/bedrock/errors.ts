import { ModelError } from "../model";

/** What the SDK's errors have, whichever of its many classes they are. */
interface SdkError {
  name: string;
  message: string;
  code?: string;
  cause?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  $response?: { headers?: Record<string, string> };
}

/** Turns what Bedrock, or the SDK, complains of into what the visitor and the operator can do. */
export function bedrockError(thrown: unknown, model: string): ModelError {
  if (thrown instanceof ModelError) return thrown;
  const error = asSdkError(thrown);
  const make = table.find(({ fits }) => fits(error))?.make ?? broken;
  const { reason, message, forOperator, busy } = make(error, model);
  return new ModelError(reason, message, `${forOperator} ${told(error)}`, {
    cause: thrown,
    retryAfterMs: busy ? (retryAfterMs(error) ?? 0) : undefined,
  });
}

/** The stream ended before the reply was at its end. */
export function interruptedBedrock(): ModelError {
  const { message, forOperator } = brokenOff();
  return new ModelError("interrupted", message, forOperator);
}

interface Explained {
  reason: ModelError["reason"];
  message: string;
  forOperator: string;
  /** Whether it is worth to wait and ask again. */
  busy?: boolean;
}

interface Row {
  fits: (error: SdkError) => boolean;
  make: (error: SdkError, model: string) => Explained;
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
      /maximum tokens you requested|max_?tokens.{0,60}(?:exceed|maximum|less)/i,
    ),
    make: replyTooLong,
  },
  { fits: named(/^(?:Validation|ModelError)/, tooLongMessage), make: tooLong },
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

function notEnabled(_: SdkError, model: string): Explained {
  return {
    reason: "denied",
    message:
      "This model is not enabled for Keepsake. Choose another model, or tell whoever runs this site.",
    forOperator: `Enable access to ${model} in this account and region, in the Bedrock console under Model access; some models want a form about their use first.`,
  };
}

function notAllowed(_: SdkError, model: string): Explained {
  return {
    reason: "denied",
    message:
      "Keepsake may not use this model. Choose another model, or tell whoever runs this site.",
    forOperator: `Allow bedrock:InvokeModelWithResponseStream on ${model} to the pod's role or the profile: on the foundation model in every region of an inference profile, and on the profile itself.`,
  };
}

function noCredentials(): Explained {
  return {
    reason: "denied",
    message:
      "Keepsake could not sign in to the model's provider. Choose another model, or tell whoever runs this site.",
    forOperator:
      "There are no valid AWS credentials: in a cluster, see the service account's Pod Identity association or IRSA role; at home, AWS_PROFILE and `aws sso login`. A wrong clock makes signatures invalid, too.",
  };
}

function unknownModel(_: SdkError, model: string): Explained {
  return {
    reason: "unknown-model",
    message:
      "Amazon Bedrock no longer has this model here. Choose another one from the list of models, then try again.",
    forOperator: `${model} is not in this region, or was withdrawn: see MODELS and AWS_REGION.`,
  };
}

function needsProfile(_: SdkError, model: string): Explained {
  return {
    reason: "unknown-model",
    message:
      "This model can't be used in this way here. Choose another one, or tell whoever runs this site.",
    forOperator: `${model} is only had through an inference profile in this region: put its id, which begins with us., eu., apac. or global., into MODELS.`,
  };
}

function replyTooLong(): Explained {
  return {
    reason: "invalid",
    message:
      "The model can't write as long a reply as was asked for. Lower the maximum length, then try again.",
    forOperator: "The maximum length is above the model's own limit.",
  };
}

function tooLong(): Explained {
  return {
    reason: "too-long",
    message:
      "This conversation is too long for the model. Send a shorter message, begin a new conversation, or choose a model with a larger window.",
    forOperator: "The prompt exceeds the model's window.",
  };
}

function refused(): Explained {
  return {
    reason: "invalid",
    message:
      "The model can't take this message or these settings. Change the temperature or the maximum length, or choose another model.",
    forOperator: "Bedrock refused the request.",
  };
}

function quotaUsedUp(): Explained {
  return {
    reason: "throttled",
    message:
      "The quota for this model is used up. Choose another model, or tell whoever runs this site.",
    forOperator:
      "See the account's quotas for Bedrock: waiting a moment won't help.",
  };
}

function throttled(): Explained {
  return {
    reason: "throttled",
    message:
      "The model has too much to do right now. Try again in a minute, or choose another model.",
    forOperator:
      "The account's rate for this model is used up: a cross-region inference profile has more, and quotas can be raised. MODEL_BUSY_SECONDS is how long that is waited for.",
    busy: true,
  };
}

function notReady(): Explained {
  return {
    reason: "provider",
    message:
      "The model is starting or overloaded. Try again in a minute, or choose another model.",
    forOperator: "MODEL_BUSY_SECONDS is how long that is waited for.",
    busy: true,
  };
}

function tookTooLong(): Explained {
  return {
    reason: "timed-out",
    message:
      "The model took too long to answer. Try again, or choose another model.",
    forOperator: "Bedrock itself gave up waiting for the model.",
  };
}

function brokenOff(): Explained {
  return {
    reason: "interrupted",
    message:
      "The model's answer broke off in the middle. Try again to get all of it.",
    forOperator: "The stream ended before the reply did.",
  };
}

function noRegion(): Explained {
  return {
    reason: "unreachable",
    message:
      "Keepsake doesn't know where this model is. Choose another model, or tell whoever runs this site.",
    forOperator: "Set AWS_REGION, or a region in the profile.",
  };
}

function unreachable(): Explained {
  return {
    reason: "unreachable",
    message:
      "The model's provider can't be reached right now. Try again in a minute, or choose another model.",
    forOperator:
      "Bedrock's endpoint can't be reached: see AWS_REGION, DNS, network policies, and NAT or VPC endpoints.",
  };
}

function broken(): Explained {
  return {
    reason: "provider",
    message: "The model's provider failed. Try again, or choose another model.",
    forOperator: "An error of Bedrock's own.",
  };
}

function asSdkError(thrown: unknown): SdkError {
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    return thrown as SdkError;
  }
  return { name: "Error", message: String(thrown) };
}

function told(error: SdkError): string {
  const request = error.$metadata?.requestId;
  const id = request === undefined ? "" : ` (request ${request})`;
  return `It said ${error.name}: ${error.message.slice(0, 500)}${id}`;
}

function retryAfterMs({ $response }: SdkError): number | undefined {
  const seconds = Number($response?.headers?.["retry-after"]);
  return seconds >= 0 ? seconds * 1_000 : undefined;
}
