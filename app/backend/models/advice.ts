import { english } from "../../core/texts/locale";

/** Messages for the visitor that all providers share. */
export const adviceFor = {
  filtered: english.t("reason.filtered"),
  interrupted: english.t("reason.interrupted"),
  noQuota: english.t("reason.noQuota"),
  overloaded: english.t("reason.overloaded"),
  refused: english.t("reason.refused"),
  replyTooLong: english.t("reason.replyTooLong"),
  temperature: english.t("reason.temperature"),
  throttled: english.t("reason.throttled"),
  tooLong: english.t("reason.tooLong"),
} as const;
