/** An error's message with its cause: `fetch` has the reason, such as ECONNREFUSED, in the cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message || error.name;
  return error.cause ? `${message} (${reasonOf(error.cause)})` : message;
}

function reasonOf(cause: unknown): string {
  // Not `instanceof Error`: some errors come from another realm.
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return String(message || code || cause);
}
