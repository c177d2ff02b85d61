import { sentence } from "../../core/texts/catalogue";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import type { Form } from "./form";

/** More than any form of ours has: a list has a field for each selected conversation. */
export const MAX_FIELDS = limits.selection + 64;

/**
 * A message that is somewhat too long is returned to its sender. That costs more than to read it, so a
 * far longer one is refused.
 */
export const MAX_TEXT_BYTES = 2 * limits.messageBytes;

const MIN_BUFFER_BYTES = 1_024;

const [AMPERSAND, EQUALS, PERCENT, PLUS] = Buffer.from("&=%+");
const SPACE = 0x20;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Parses `application/x-www-form-urlencoded` piece by piece, as it arrives, so that a long form never
 * occupies the event loop. Takes time and memory proportional to the form's length.
 */
export class FormParser {
  private readonly form = new Map<string, string>();
  private fields = 0;
  /** The field's name, once its `=` was read. */
  private name: string | undefined;
  /** The decoded bytes of the name or value that is being read. */
  private decoded = Buffer.allocUnsafe(MIN_BUFFER_BYTES);
  private length = 0;
  private isAfterCr = false;
  /** An escape (`%4`) that the next piece completes. */
  private rest: Buffer = Buffer.alloc(0);

  /** @throws VisibleError 413 for too many fields or too long a text, 400 for text that is not UTF-8. */
  write(piece: Buffer): void {
    const bytes = Buffer.concat([this.rest, piece]);
    const end = bytes.length - openEscape(bytes);
    this.rest = bytes.subarray(end);
    this.decode(bytes.subarray(0, end));
  }

  /**
   * The form: for several fields of one name, the last that is not empty.
   *
   * @throws VisibleError as {@link write} does.
   */
  end(): Form {
    this.decode(this.rest);
    this.endField();
    return this.form;
  }

  private decode(bytes: Buffer): void {
    this.reserve(bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      at = this.decodeText(bytes, at);
      if (at === bytes.length) return;
      if (bytes[at] === AMPERSAND) this.endField();
      else this.name = this.takeText();
    }
  }

  /**
   * Browsers send every line break of a text field as CR LF; texts here have LF.
   *
   * @returns The index of the separator that ends the text, or the end.
   */
  private decodeText(bytes: Buffer, from: number): number {
    // Local variables: this loop runs once for each byte.
    const { decoded } = this;
    const separator = this.name === undefined ? EQUALS : AMPERSAND;
    let { length, isAfterCr } = this;
    let at = from;
    for (; at < bytes.length; at++) {
      let byte = bytes[at]!;
      if (byte === separator || byte === AMPERSAND) break;
      if (byte === PLUS) byte = SPACE;
      const escaped = byte === PERCENT ? escapeAt(bytes, at) : -1;
      if (escaped >= 0) {
        byte = escaped;
        at += 2;
      }
      const isPair = byte === LF && isAfterCr;
      isAfterCr = byte === CR;
      if (!isPair) decoded[length++] = isAfterCr ? LF : byte;
    }
    this.length = length;
    this.isAfterCr = isAfterCr;
    if (length > MAX_TEXT_BYTES) throw tooLong();
    return at;
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.decoded.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.length));
    this.decoded.copy(larger, 0, 0, this.length);
    this.decoded = larger;
  }

  private endField(): void {
    const text = this.takeText();
    const name = this.name ?? text;
    const value = this.name === undefined ? "" : text;
    this.name = undefined;
    if (name === "" && value === "") return;
    if (++this.fields > MAX_FIELDS) {
      throw new VisibleError(
        413,
        sentence("problem.formFields", { limit: MAX_FIELDS }),
      );
    }
    if (value !== "" || !this.form.has(name)) this.form.set(name, value);
  }

  private takeText(): string {
    const bytes = this.decoded.subarray(0, this.length);
    this.length = 0;
    this.isAfterCr = false;
    return toText(bytes);
  }
}

/** Bytes at the end that may begin an escape. */
function openEscape(bytes: Buffer): number {
  if (bytes.at(-1) === PERCENT) return 1;
  return bytes.at(-2) === PERCENT ? 2 : 0;
}

/** The byte that `%41` stands for; negative if it is no escape. */
function escapeAt(bytes: Buffer, at: number): number {
  const high = digit(bytes[at + 1]);
  const low = digit(bytes[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function digit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function toText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new VisibleError(400, sentence("problem.notUtf8"));
  }
}

/** For a form, or a field of it, that is longer than any of ours. */
export const tooLong = () =>
  new VisibleError(413, sentence("problem.formTooLong"));
