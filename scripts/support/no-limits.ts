/** For web processes whose visitors all come from one machine. */
export const NO_LIMITS = {
  SESSIONS_PER_MINUTE: "0",
  MESSAGES_PER_MINUTE: "0",
  UPLOADS_PER_MINUTE: "0",
  STREAMS_PER_MINUTE: "0",
  SEARCHES_PER_MINUTE: "0",
  SHARED_PER_MINUTE: "0",
  STREAMS_PER_OWNER: "0",
};
