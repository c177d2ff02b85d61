/** Controls that no text has: all but tab, line breaks, form feed and escape. */
// oxlint-disable-next-line no-control-regex -- They are what is looked for.
const CONTROLS = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/;

/** Checks, piece by piece, that bytes are text in UTF-8. */
export class TextCheck {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });
  private isText = true;

  write(piece: Buffer): void {
    this.decode(piece, true);
  }

  /** @returns True if all of it was text. */
  end(): boolean {
    this.decode(Buffer.alloc(0), false);
    return this.isText;
  }

  private decode(piece: Buffer, stream: boolean): void {
    if (!this.isText) return;
    try {
      this.isText = !CONTROLS.test(this.decoder.decode(piece, { stream }));
    } catch {
      this.isText = false;
    }
  }
}
