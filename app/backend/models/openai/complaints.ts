import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Complaint } from "./errors";

/** The ways in which servers wrap an error. */
const Wrapped = z.looseObject({
  error: z.unknown().optional(),
  message: z.unknown().optional(),
  detail: z.unknown().optional(),
  code: z.unknown().optional(),
  status: z.unknown().optional(),
  type: z.unknown().optional(),
});

/**
 * Reads a server's message about a failure.
 *
 * @param body Parsed JSON, or text.
 * @param status The HTTP status; 0 inside a stream, where the body may tell it.
 */
export function complaintIn(body: unknown, status = 0): Complaint {
  const outer = Wrapped.safeParse(body).data;
  const inner = Wrapped.safeParse(outer?.error).data;
  const said =
    inner?.message ?? outer?.message ?? outer?.error ?? outer?.detail ?? body;
  const codes = [inner?.code, inner?.type, outer?.code, outer?.type];
  return {
    status: status || statusIn(inner) || statusIn(outer),
    said: shortened(said),
    code: codes.flatMap((code) => wordIn(code) ?? []).join(" "),
  };
}

/** An error inside a stream has its status in its code, if anywhere. */
function statusIn(error: z.output<typeof Wrapped> | undefined): number {
  const number = Number(error?.code ?? error?.status);
  if (number >= 400 && number < 600) return number;
  const name = `${wordIn(error?.code)} ${wordIn(error?.type)}`;
  if (/rate_limit/.test(name)) return 429;
  if (/overloaded|unavailable/.test(name)) return 503;
  if (/invalid_request|BadRequest/.test(name)) return 400;
  return 0;
}

function wordIn(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : undefined;
}

const MAX_LENGTH = 500;

function shortened(said: unknown): string {
  const text = typeof said === "string" ? said : JSON.stringify(said);
  // The title is the most useful part of an HTML page.
  const title = /<title>(.*?)<\/title>/is.exec(text ?? "")?.[1];
  return (title ?? text ?? "").replaceAll(/\s+/g, " ").slice(0, MAX_LENGTH);
}

/** True if a chunk of a stream is an error. */
export function isComplaint(body: unknown): boolean {
  const outer = Wrapped.safeParse(body).data;
  if (outer === undefined) return false;
  if (outer.error !== undefined && outer.error !== null) return true;
  return outer["object"] === "error" || outer.type === "error";
}

/**
 * The wait that a server asks for, in milliseconds: `retry-after-ms`, or `Retry-After` as seconds
 * or as a date.
 */
export function retryAfter(
  headers: IncomingHttpHeaders,
  now: number = Date.now(),
): number | undefined {
  const ms = Number(headers["retry-after-ms"] ?? Number.NaN);
  if (ms >= 0) return ms;
  const value = headers["retry-after"]?.trim();
  if (value === undefined || value === "") return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
