import { sentence } from "../../core/texts/catalogue";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import {
  Busboy,
  type BusboyHeaders,
  type BusboyInstance,
} from "@fastify/busboy";
import { VisibleError } from "../../core/domain/errors";
import { limits } from "../../core/domain/records";
import type { Form } from "./form";
import { MAX_FIELDS, MAX_TEXT_BYTES, tooLong } from "./form-parser";
import type { OpenForm } from "./form-memory";

/** A file as it arrives in a form. */
export interface SentFile {
  name: string;
  /** To be read to its end, or destroyed. */
  content: Readable;
}

/**
 * Reads a form with files (`multipart/form-data`) as it arrives. The fields come first in our forms, so
 * they are known when the first file begins. A file that is not read stops the upload.
 */
export class MultipartForm {
  private readonly fields = new Map<string, string>();
  private readonly waiting: SentFile[] = [];
  private current: Readable | undefined;
  private isDone = false;
  private error: unknown;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly request: IncomingMessage,
    private readonly memory: Pick<OpenForm, "grow">,
    private readonly fileBytes: number,
  ) {}

  /** @throws VisibleError 400, 413, 429 or 503 if it can't be read. */
  static async begin(
    request: IncomingMessage,
    memory: Pick<OpenForm, "grow">,
    fileBytes: number = limits.fileBytes,
  ): Promise<MultipartForm> {
    const form = new MultipartForm(request, memory, fileBytes);
    form.parse();
    await form.untilNext();
    return form;
  }

  get form(): Form {
    return this.fields;
  }

  /** The files, in their order. @throws As {@link begin} does. */
  async *files(): AsyncGenerator<SentFile, void> {
    for (;;) {
      await this.untilNext();
      const file = this.waiting.shift();
      if (!file) return;
      yield file;
    }
  }

  /** Reads and drops the rest: a browser whose upload is cut shows no answer. */
  drain(): void {
    this.request.unpipe();
    this.request.resume();
    this.current?.destroy();
  }

  private async untilNext(): Promise<void> {
    while (this.waiting.length === 0 && !this.isDone) {
      if (this.error !== undefined) throw this.error;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.error !== undefined) throw this.error;
  }

  private parse(): void {
    const { request } = this;
    const parser = this.createParser();
    parser.on("field", (name, value, isNameCut, isCut) => {
      if (isNameCut || isCut) this.fail(tooLong());
      else this.addField(name, value);
    });
    parser.on("file", (_, content, name) => this.addFile(content, name));
    parser.on("filesLimit", () => this.fail(tooManyFiles()));
    parser.on("fieldsLimit", () => this.fail(tooLong()));
    parser.on("error", (error) => this.fail(isBroken(error)));
    parser.on("finish", () => {
      this.isDone = true;
      this.wake();
    });
    // Otherwise a file of a visitor who has left would never end.
    once(request, "close").then(
      () => request.complete || this.fail(brokenOff()),
      (error) => this.fail(error),
    );
    request.pipe(parser);
  }

  private createParser(): BusboyInstance {
    const headers = this.request.headers as BusboyHeaders;
    try {
      return new Busboy({
        headers,
        limits: {
          fields: MAX_FIELDS,
          fieldNameSize: 100,
          fieldSize: MAX_TEXT_BYTES,
          files: limits.filesPerMessage,
          // The backend refuses the first byte that is too many, so no file is cut.
          fileSize: this.fileBytes + 1,
          headerPairs: 20,
        },
      });
    } catch (error) {
      throw isBroken(error);
    }
  }

  private addField(name: string, sent: string): void {
    try {
      this.memory.grow(Buffer.byteLength(sent));
    } catch (error) {
      this.fail(error);
    }
    const value = sent.replaceAll(/\r\n?/g, "\n");
    if (value !== "" || !this.fields.has(name)) this.fields.set(name, value);
  }

  private addFile(content: Readable, name: string | undefined): void {
    content.on("error", () => undefined);
    // A file input in which nothing was chosen sends an empty name.
    if (!name) {
      content.resume();
      return;
    }
    this.current = content;
    this.waiting.push({ name, content });
    this.wake();
  }

  private fail(error: unknown): void {
    this.error ??= error;
    this.current?.destroy(error instanceof Error ? error : undefined);
    this.wake();
  }
}

const tooManyFiles = () =>
  new VisibleError(
    413,
    sentence("problem.filesPerMessageBack", { limit: limits.filesPerMessage }),
  );

const isBroken = (cause: unknown) =>
  new VisibleError(400, sentence("problem.formBroken"), {
    cause,
  });

const brokenOff = () =>
  Object.assign(new Error("The upload broke off"), { code: "ECONNRESET" });
