export interface ServerEvent {
  event: string;
  data: unknown;
  /** The browser sends it back when it reconnects. */
  id?: string;
  /** The delay before the browser reconnects. */
  retryMs?: number;
}

/**
 * Keeps a connection open. It is an event, because browsers hide comments from the script, which takes
 * a silent connection for lost.
 */
export const heartbeat = (everyMs: number): string =>
  encodeEvent({ event: "heartbeat", data: { everyMs } });

export function encodeEvent({ event, data, id, retryMs }: ServerEvent): string {
  const lines = [`event: ${event}`];
  if (id !== undefined) lines.push(`id: ${id}`);
  if (retryMs !== undefined) lines.push(`retry: ${Math.round(retryMs)}`);
  // JSON has no raw line breaks: one line holds any text.
  lines.push(`data: ${JSON.stringify(data)}`);
  return `${lines.join("\n")}\n\n`;
}
