/** Sentences of a reply: why it failed, ended early or waits. Records hold them in English. */
export const reasons = {
  "reason.filtered":
    "A content filter blocked this message or an earlier one. Edit your message, start a new conversation, or choose another model.",
  "reason.interrupted":
    "The model's answer was cut off. Try again to get all of it.",
  "reason.noQuota":
    "The quota for this model is used up. Choose another model, or contact this site's administrator.",
  "reason.overloaded":
    "The model is starting or overloaded. Try again in a minute, or choose another model.",
  "reason.refused":
    "The model refused this request. Change the conversation's settings, start a new conversation, or choose another model.",
  "reason.replyTooLong":
    "The maximum length is more than this model can write. Lower it, then try again.",
  "reason.temperature":
    "The model doesn't accept this temperature. Change it or leave it empty, then try again.",
  "reason.throttled":
    "The model is busy. Try again in a minute, or choose another model.",
  "reason.tooLong":
    "This conversation is too long for the model. Send a shorter message, start a new conversation, or choose a model with a larger window.",
  "reason.notEnabled":
    "This model is not enabled for Keepsake. Choose another model, or contact this site's administrator.",
  "reason.notAllowed":
    "Keepsake may not use this model. Choose another model, or contact this site's administrator.",
  "reason.noCredentials":
    "Keepsake could not sign in to the model's provider. Choose another model, or contact this site's administrator.",
  "reason.bedrockUnknown":
    "Amazon Bedrock no longer offers this model here. Choose another one from the list of models, then try again.",
  "reason.notHere":
    "This model is not available here. Choose another model, or contact this site's administrator.",
  "reason.modelTooSlow":
    "The model took too long to answer. Try again, or choose another model.",
  "reason.noRegion":
    "The model's region is not configured. Choose another model, or contact this site's administrator.",
  "reason.providerUnreachable":
    "The model's provider can't be reached. Try again in a minute, or choose another model.",
  "reason.providerFailed":
    "The model's provider failed. Try again, or choose another model.",
  "reason.signInFailed":
    "The model sign-in failed. Choose another model, or contact this site's administrator.",
  "reason.serverUnknown":
    "The model's server no longer offers this model. Choose another one from the list of models, then try again.",
  "reason.noModelThere":
    "No model answers at the configured address. Choose another model, or contact this site's administrator.",
  "reason.serverTimedOut":
    "The model's server timed out. Try again, or choose another model.",
  "reason.serverFailed":
    "The model's server failed. Try again, or choose another model.",
  "reason.serverUnreadable":
    "The model's server sent a response that can't be read. Try again, or choose another model.",
  "reason.serverUnreachable":
    "The model's server can't be reached. Try again in a minute, or choose another model.",
  "reason.stoppedEarly":
    "The model stopped before its answer was complete. Try again, or choose another model.",
  "reason.tool":
    "The model asked for a tool, and no tools are available here. Try again, or choose another model.",
  "reason.modelGone":
    "This conversation's model is no longer available. Choose another one from the list of models, then try again.",
  "reason.unexpected":
    "Something went wrong while the model was asked. Try again; the error was logged.",
  "reason.noFirstToken":
    "The model did not begin to answer in time. It may be busy or still loading: try again in a minute, or choose another model.",
  "reason.stalled":
    "The model stopped in the middle of its answer. Try again, or choose another model.",
  "reason.empty":
    "The model returned an empty reply. Try again, or choose another model.",
  "reason.length":
    "The reply was cut off because it reached its maximum length.",
  "reason.withheld": "The model's provider withheld the rest of this reply.",
  "reason.unknownStop":
    "The model stopped for an unknown reason, so this reply may be incomplete.",
  "reason.restarted":
    "The server that was writing this reply stopped, so the reply was restarted.",
  "reason.busy": "The model is busy. Trying again in {time}.",
  "reason.asksToWait": "{message} It asks to wait {time}.",
  "reason.second": "a second",
  "reason.seconds": { one: "{count} second", other: "{count} seconds" },
  "reason.minutes": { one: "{count} minute", other: "{count} minutes" },
  "reason.hours": { one: "{count} hour", other: "{count} hours" },
} as const;
