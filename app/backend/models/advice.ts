export const TRY_OR_CHOOSE = "Try again, or choose another model.";
export const WAIT_OR_CHOOSE = "Try again in a minute, or choose another model.";
export const CHOOSE_OR_REPORT =
  "Choose another model, or contact this site's administrator.";

/** Messages for the visitor that all providers share. */
export const adviceFor = {
  filtered:
    "A content filter blocked this message or an earlier one. Edit your message, start a new conversation, or choose another model.",
  interrupted: "The model's answer was cut off. Try again to get all of it.",
  noQuota: `The quota for this model is used up. ${CHOOSE_OR_REPORT}`,
  overloaded: `The model is starting or overloaded. ${WAIT_OR_CHOOSE}`,
  refused: `The model refused this request. Change the conversation's settings, start a new conversation, or choose another model.`,
  replyTooLong:
    "The maximum length is more than this model can write. Lower it, then try again.",
  temperature:
    "The model doesn't accept this temperature. Change it or leave it empty, then try again.",
  throttled: `The model is busy. ${WAIT_OR_CHOOSE}`,
  tooLong:
    "This conversation is too long for the model. Send a shorter message, start a new conversation, or choose a model with a larger window.",
} as const;
