import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import { sentence } from "../../core/texts/catalogue";

/** A conversation in an exported file: its first byte, and the byte after its last. */
export type Element = [from: number, to: number];

/** What is found in a file. */
export interface FoundElements {
  elements: Element[];
  /** The bytes before the first element: an object that begins with other fields. */
  headBytes: number;
}

/** Bounds of a file, whatever it claims to be. */
export const elementLimits = {
  /** Bytes of a conversation. */
  elementBytes: limits.importConversationBytes,
  /** Objects and lists of a conversation, and how deep they are nested. */
  openings: 300_000,
  depth: 100,
  elements: 100_000,
  /** Bytes before the conversations: projects. */
  headBytes: 4 * 1024 * 1024,
};

const [QUOTE, BACKSLASH, COMMA, COLON] = Buffer.from('"\\,:');
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from("[]{}");
const SPACES = new Set(Buffer.from(" \t\r\n\ufeff"));

/**
 * Finds the conversations of an exported file as it arrives: the elements of its list, or of the list
 * `conversations` in its object. Counts brackets and skips strings, so time and memory are
 * proportional to the length of the file, whatever is in it. Each element is parsed later, by itself.
 */
export class ElementFinder {
  private readonly elements: Element[] = [];
  private headBytes = 0;
  private position = 0;
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  /** Brackets that were opened in the element. */
  private openings = 0;
  private isTooDeep = false;
  /** The first byte of the element that is being read. */
  private from: number | undefined;
  private phase: "start" | "head" | "elements" | "end" = "start";
  /** The last string of the head that was closed at its top level: the name of a field. */
  private readonly name: number[] = [];
  private isNamed = false;

  /** @throws VisibleError (422) if it is no such file, or has too many elements. */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.isInString) {
        at = this.skipString(bytes, at);
        if (at === bytes.length) break;
      } else this.take(bytes[at]!, this.position + at);
    }
    this.position += bytes.length;
    if (this.phase === "head") this.checkHead();
  }

  /** @throws VisibleError (422) if the file ends early, or has no element. */
  end(): FoundElements {
    const { phase, elements, headBytes } = this;
    if (phase === "elements")
      throw new VisibleError(422, sentence("problem.import.early"));
    if (phase !== "end") throw unknownFile();
    if (elements.length > 0) return { elements, headBytes };
    throw new VisibleError(422, sentence("problem.import.none"));
  }

  /** @returns The index of the quote that ends the string, or the length. */
  private skipString(bytes: Buffer, from: number): number {
    const isName = this.phase === "head" && this.depth === 1;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === BACKSLASH) this.isEscaped = true;
      else if (byte === QUOTE) {
        this.isInString = false;
        return at;
      }
      if (isName && this.name.length < NAME.length + 1) this.name.push(byte!);
    }
    return bytes.length;
  }

  private take(byte: number, at: number): void {
    if (SPACES.has(byte)) return;
    if (this.phase === "start") this.begin(byte);
    else if (this.phase === "head") this.takeOfHead(byte, at);
    else if (this.phase === "elements") this.takeOfElements(byte, at);
  }

  private begin(byte: number): void {
    if (byte === OPEN_LIST) this.phase = "elements";
    else if (byte === OPEN_OBJECT) this.phase = "head";
    else if (byte === P_OF_ZIP)
      throw new VisibleError(422, sentence("problem.import.archive"));
    else throw unknownFile();
    this.depth = byte === OPEN_OBJECT ? 1 : 0;
  }

  private takeOfHead(byte: number, at: number): void {
    const isTop = this.depth === 1;
    if (byte === QUOTE) {
      this.isInString = true;
      if (isTop) this.name.length = 0;
    } else if (isTop && byte === COLON) {
      this.isNamed = Buffer.from(this.name).equals(NAME);
    } else if (isTop && byte === OPEN_LIST && this.isNamed) {
      this.phase = "elements";
      this.depth = 0;
      this.headBytes = at;
      this.checkHead();
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.depth -= 1;
    else if (isTop && byte === COMMA) this.isNamed = false;
    if (this.depth === 0 && this.phase === "head") throw unknownFile();
  }

  private takeOfElements(byte: number, at: number): void {
    if (byte === QUOTE) this.isInString = true;
    if (this.depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
      this.endElement(at);
      if (byte === CLOSE_LIST) this.phase = "end";
      return;
    }
    this.from ??= at;
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      this.depth += 1;
      this.openings += 1;
      if (this.depth > elementLimits.depth) this.isTooDeep = true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.depth -= 1;
    if (this.depth < 0) throw unknownFile();
  }

  /** An element beyond the limits becomes an empty one, which is reported when it would be imported. */
  private endElement(to: number): void {
    const { from } = this;
    this.from = undefined;
    const isTooLarge =
      this.isTooDeep ||
      this.openings > elementLimits.openings ||
      to - (from ?? to) > elementLimits.elementBytes;
    this.isTooDeep = false;
    this.openings = 0;
    if (from === undefined) return;
    this.elements.push(isTooLarge ? [from, from] : [from, to]);
    if (this.elements.length <= elementLimits.elements) return;
    throw new VisibleError(
      422,
      sentence("problem.import.many", { count: elementLimits.elements }),
    );
  }

  private checkHead(): void {
    const length = this.headBytes || this.position;
    if (length > elementLimits.headBytes) throw unknownFile();
  }
}

const NAME = Buffer.from("conversations");
const [P_OF_ZIP] = Buffer.from("P");

const unknownFile = () =>
  new VisibleError(422, sentence("problem.import.unknown"));
