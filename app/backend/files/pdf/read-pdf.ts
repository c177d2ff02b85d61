import { sentence } from "../../../core/texts/catalogue";
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { VisibleError } from "../../../core/domain/errors";
import { limits } from "../../../core/domain/records";
import { KeyedMutex } from "../../../core/storage/keyed-mutex";
import type { PdfAnswer, PdfRequest } from "./pdf-messages";

export interface PdfBounds {
  timeoutMs: number;
  memoryBytes: number;
  maxPages: number;
}

/** Balance long reports against a pod's memory and processor, which replies need as well. */
const BOUNDS: PdfBounds = {
  timeoutMs: 15_000,
  memoryBytes: 208 * 1024 * 1024,
  maxPages: 500,
};

/** PDFs that wait for the one that is read. */
const MAX_WAITING = 8;

/** The limit of the child's heap; what is decompressed counts in `memoryBytes` alone. */
const HEAP_MEGABYTES = 128;

/** A third of the limit of its young generation, which is larger in this process. */
const SEMI_SPACE_MEGABYTES = 4;

/** Time for the child to start. */
const START_MS = 10_000;

/** `too-much`: it would take too long, or too much memory. */
export type PdfContent = PdfAnswer | { kind: "too-much" };

/** Reads the text of PDFs, one at a time, each in a process of its own that has bounds. */
export class PdfReader {
  private readonly mutex = new KeyedMutex();
  private waiting = 0;

  /** @param execArgv Options of Node for the child; those of this process by default. */
  constructor(
    private readonly bounds: PdfBounds = BOUNDS,
    private readonly execArgv: readonly string[] = process.execArgv,
  ) {}

  /**
   * @param file A path on the disk.
   * @throws VisibleError (503) if too many PDFs wait.
   */
  async read(file: string, bytes: number): Promise<PdfContent> {
    if (this.waiting >= MAX_WAITING) throw busy();
    this.waiting += 1;
    try {
      using _ = await this.mutex.lock("pdf");
      return await this.ask({
        ...this.bounds,
        path: file,
        bytes,
        maxTextBytes: limits.fileTextBytes,
      });
    } finally {
      this.waiting -= 1;
    }
  }

  private async ask(request: PdfRequest): Promise<PdfContent> {
    const child = fork(path.join(__dirname, "pdf-child"), [], {
      // The PDF's process needs no secret.
      env: {},
      execArgv: [
        ...this.execArgv,
        `--max-old-space-size=${HEAP_MEGABYTES}`,
        `--max-semi-space-size=${SEMI_SPACE_MEGABYTES}`,
      ],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    // Its own watchdog is faster, but starts with the request.
    const timer = setTimeout(
      () => child.kill("SIGKILL"),
      request.timeoutMs + START_MS,
    );
    try {
      return await exchange(child, request);
    } finally {
      clearTimeout(timer);
      child.kill("SIGKILL");
    }
  }
}

function exchange(
  child: ChildProcess,
  request: PdfRequest,
): Promise<PdfContent> {
  return new Promise((resolve, reject) => {
    child.once("message", (answer) => resolve(answer as PdfAnswer));
    child.once("exit", () => resolve({ kind: "too-much" }));
    child.once("error", reject);
    child.send(request);
  });
}

const busy = () => new VisibleError(503, sentence("problem.pdfsAtOnce"));
