/** Whether a stream of this type is made of JSON messages rather than bytes. */
export const isJson = (contentType: string) =>
  contentType.split(";")[0]?.trim().toLowerCase() === "application/json";

/** Whether what is in a stream of this type can be told as text. */
export const isText = (contentType: string) =>
  isJson(contentType) || contentType.toLowerCase().startsWith("text/");
