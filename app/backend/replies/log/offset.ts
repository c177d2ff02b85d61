import { VisibleError } from "../../../core/domain/errors";

/** A position in a reply log: after the first `bytes` bytes of entry number `entry`. */
export interface Offset {
  entry: number;
  bytes: number;
}

export const logStart: Offset = { entry: 0, bytes: 0 };

/** The form that clients get: opaque to them, sortable as text. */
export function formatOffset({ entry, bytes }: Offset): string {
  return `${pad(entry, 10)}_${pad(bytes, 12)}`;
}

/** @throws VisibleError (400) unless {@link formatOffset} made it. */
export function parseOffset(text: string): Offset {
  const match = /^(\d{10})_(\d{12})$/.exec(text);
  if (!match) {
    throw new VisibleError(
      400,
      "The offset is malformed. Use the Stream-Next-Offset of an earlier response, -1 or now.",
    );
  }
  return { entry: Number(match[1]), bytes: Number(match[2]) };
}

export function compareOffsets(a: Offset, b: Offset): number {
  return a.entry - b.entry || a.bytes - b.bytes;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
