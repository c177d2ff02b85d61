import { randomBytes } from "node:crypto";

/** The W3C trace context that a process propagates: https://www.w3.org/TR/trace-context-2/ */
export interface Trace {
  /** 32 hexadecimal digits, the same in all processes that handle the request. */
  traceId: string;
  /** 16 hexadecimal digits: this process's part of the trace. */
  spanId: string;
  /** The caller's part; absent if the trace begins here. */
  parentId?: string;
  /** Headers for all calls that are made for the request. */
  headers: { traceparent: string; tracestate?: string };
}

/** Later versions may add fields after another dash. */
const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;

/** The two defined flags: the caller records the trace, and its id is random. */
const KNOWN_FLAGS = 0b11;

/** A trace that begins here has a random id, and no process records it yet. */
const FIRST_FLAGS = 0b10;

const MAX_MEMBERS = 32;
const SIMPLE_KEY = "[a-z0-9][a-z0-9_*/-]{0,255}";
const TENANT_KEY = "[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}";
const VALUE =
  "[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]";
const MEMBER = new RegExp(`^(${TENANT_KEY}|${SIMPLE_KEY})=${VALUE}$`);

/**
 * Continues the caller's trace under a span id of this process. Begins a new trace if the caller
 * has none, or an invalid one.
 *
 * @param received The request's headers; repeated headers joined by commas.
 */
export function continueTrace(received: {
  traceparent?: string;
  tracestate?: string;
}): Trace {
  const spanId = randomId(8);
  const parent = parse(received.traceparent);
  if (!parent) {
    const traceId = randomId(16);
    return {
      traceId,
      spanId,
      headers: headersOf(traceId, spanId, FIRST_FLAGS),
    };
  }
  const { traceId, parentId, flags } = parent;
  const tracestate = validState(received.tracestate);
  const headers = {
    ...headersOf(traceId, spanId, flags),
    ...(tracestate && { tracestate }),
  };
  return { traceId, spanId, parentId, headers };
}

function parse(traceparent = "") {
  const groups = TRACEPARENT.exec(traceparent.trim())?.groups;
  if (!groups) return undefined;
  const { version, traceId = "", parentId = "", flags = "", more } = groups;
  const isTooLong = version === "00" && more !== undefined;
  if (version === "ff" || isTooLong) return undefined;
  if (isNothing(traceId) || isNothing(parentId)) return undefined;
  return { traceId, parentId, flags: parseInt(flags, 16) & KNOWN_FLAGS };
}

/** Unchanged, or dropped as a whole: a part of it would mislead other vendors. */
function validState(tracestate = ""): string | undefined {
  const members = tracestate
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  const keys = new Set(members.map((member) => member.split("=", 1)[0]));
  const isValid =
    members.length <= MAX_MEMBERS &&
    keys.size === members.length &&
    members.every((member) => MEMBER.test(member));
  return isValid && members.length > 0 ? members.join(",") : undefined;
}

const isNothing = (id: string) => /^0+$/.test(id);

function headersOf(traceId: string, spanId: string, flags: number) {
  const hex = flags.toString(16).padStart(2, "0");
  return { traceparent: `00-${traceId}-${spanId}-${hex}` };
}

/** Random bytes are drawn for some hundred ids at once: a draw costs as much as all else that an id does. */
const DRAWN_BYTES = 4_096;
let drawn = Buffer.alloc(0);

/** Random, and never all zeros, which the specification forbids. */
function randomId(bytes: number): string {
  if (drawn.length < bytes) drawn = randomBytes(DRAWN_BYTES);
  const id = drawn.toString("hex", 0, bytes);
  drawn = drawn.subarray(bytes);
  return isNothing(id) ? randomId(bytes) : id;
}

/** The fields of a log line. */
export const traceFields = ({ traceId, spanId, parentId }: Trace) => ({
  traceId,
  spanId,
  ...(parentId !== undefined && { parentId }),
});
