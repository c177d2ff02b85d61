export interface ServerEvent {
  event: string;
  data: unknown;
  /** What the browser sends back when it connects again. */
  id?: string;
  /** After how many milliseconds to connect again. */
  retryMs?: number;
}

/**
 * Keeps a connection open. It is an event rather than a comment, of which a browser tells nobody:
 * where none came for a while, the connection is lost, however open it seems.
 */
export const heartbeat = (everyMs: number): string =>
  encodeEvent({ event: "heartbeat", data: { everyMs } });

/** One server-sent event, as it goes over the wire. */
export function encodeEvent({ event, data, id, retryMs }: ServerEvent): string {
  const lines = [`event: ${event}`];
  if (id !== undefined) lines.push(`id: ${id}`);
  if (retryMs !== undefined) lines.push(`retry: ${Math.round(retryMs)}`);
  // JSON has no raw line breaks, so that one line is enough for any text.
  lines.push(`data: ${JSON.stringify(data)}`);
  return `${lines.join("\n")}\n\n`;
}
