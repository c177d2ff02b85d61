/** A stream of this type holds JSON messages, others hold bytes. */
export const isJson = (contentType: string) =>
  contentType.split(";")[0]?.trim().toLowerCase() === "application/json";

/** A stream of this type can be sent as text. */
export const isText = (contentType: string) =>
  isJson(contentType) || contentType.toLowerCase().startsWith("text/");
