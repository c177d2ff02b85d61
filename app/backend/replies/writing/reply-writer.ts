import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { toVisibleError } from "../../../core/domain/errors";
import type { Logger } from "../../../core/runtime/log";
import { pause } from "../../../core/runtime/async";
import { storageProblemOf } from "../../../core/storage/storage-problem";
import { ModelError, type ModelEvent } from "../../models/model";
import type { EpochWriter } from "./epoch-writer";
import type {
  FinalReply,
  ReplyModels,
  ReplyPrompt,
  ReplyRepository,
} from "../types";
import type { ReplyText } from "../log/replay";
import { unsavedNotice } from "./unsaved-notice";

export interface WriterTools {
  records: ReplyRepository;
  models: ReplyModels;
  /** Does what has to be done once a reply has ended, before anyone is told. Never rejects. */
  settle(ref: ReplyRef, ended: FinalReply): Promise<void>;
  log: Logger;
  leaseMs: number;
  flushMs: number;
  longest: number;
  now: () => number;
}

/** Unflushed text beyond this makes the model wait for the disk. */
const PENDING_BYTES = 256 * 1024;

/**
 * Bytes of a log for each UTF-16 unit that a reply may have. As many as pieces of four letters take:
 * every piece is kept in memory, and costs far more there than one letter does.
 */
const LOG_BYTES = 4;

/** Writes one reply: asks the model, appends what it says, flushes, and ends the log. */
export class ReplyWriter {
  private readonly controller = new AbortController();
  private text: string;
  private reasoning: string;
  private usage: FinalReply["usage"];
  private cut: string | undefined;
  private leftOut = 0;
  private model: Pick<FinalReply, "model" | "modelName"> = { model: "" };
  private isStopped = false;
  private isLeaving = false;
  private unsavedNotice: string | undefined;
  /** Whether that it can't be saved is the last that those who watch were told. */
  private isToldLast = false;
  private hasGivenUp = false;
  private readonly done: Promise<void>;

  constructor(
    readonly ref: ReplyRef,
    readonly held: EpochWriter,
    said: ReplyText,
    private readonly tools: WriterTools,
  ) {
    this.text = said.text;
    this.reasoning = said.reasoning;
    this.done = this.run();
  }

  /** What has been said so far. */
  get said(): ReplyText {
    return { text: this.text, reasoning: this.reasoning };
  }

  /** What to tell those who watch of why it can't be saved; `undefined` while it can. */
  get unsaved(): string | undefined {
    return this.unsavedNotice;
  }

  /** Resolves when this process has nothing more to do with the reply. Never rejects. */
  finished(): Promise<void> {
    return this.done;
  }

  /** Ends the reply with what there is. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.controller.abort();
    await this.done;
  }

  /** Lets another process go on from the last piece of text that the model said. */
  async handOver(): Promise<void> {
    this.isLeaving = true;
    this.controller.abort();
    await this.done;
  }

  private async run(): Promise<void> {
    const flushing = this.keepFlushing();
    try {
      const ended = await this.write();
      await this.finish(ended);
    } catch (error) {
      this.tools.log.error(
        { error, reply: this.ref },
        "a reply could not be ended; whoever looks at it next goes on",
      );
      await this.held.abandon().catch(() => undefined);
    } finally {
      this.controller.abort();
      await flushing;
    }
  }

  private async finish(ended: FinalReply | undefined): Promise<void> {
    // What the model said since it was given up is in no line of it: it has no end here.
    if (this.held.closedBy || this.hasGivenUp) return;
    if (this.isLeaving && !this.isStopped) return this.held.handOver();
    if (!ended) return this.held.abandon();
    const settle = () => this.tools.settle(this.ref, ended);
    await this.persistently(
      () => this.held.end({ ...ended }, settle),
      (error) => {
        this.tellUnsaved(error, { isLast: true });
        return true;
      },
    );
  }

  /** @returns `undefined` if the model was interrupted for another reason than a Stop. */
  private async write(): Promise<FinalReply | undefined> {
    try {
      const prompt = await this.readPrompt();
      const { model, modelName } = prompt;
      this.model = { model, modelName };
      this.leftOut = prompt.leftOut;
      // Who wrote it before may have died just when it was long enough.
      if (!this.isLongEnough()) await this.listen(prompt);
    } catch (error) {
      if (!this.controller.signal.aborted) return this.failed(error);
    }
    if (this.isStopped) return this.ended("stopped");
    if (this.controller.signal.aborted || this.held.closedBy) return undefined;
    return this.text === "" && this.cut === undefined
      ? this.ended("failed", NOTHING_SAID)
      : this.ended("complete", this.cut);
  }

  private readPrompt(): Promise<ReplyPrompt> {
    const { signal } = this.controller;
    return this.persistently(
      () => this.tools.records.promptFor(this.ref, this.text),
      (error) => !signal.aborted && storageProblemOf(error) !== undefined,
      signal,
    );
  }

  /**
   * Storage that is full or away for a moment must cost no reply, neither one that has just been
   * finished nor one half written: tries for as long as a lease.
   *
   * @param mayPass Asked about each failure.
   * @param signal Ends a pause.
   */
  private async persistently<T>(
    work: () => Promise<T>,
    mayPass: (error: unknown) => boolean,
    signal?: AbortSignal,
  ): Promise<T> {
    const { leaseMs } = this.tools;
    const until = performance.now() + leaseMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!mayPass(error) || performance.now() > until) throw error;
        await pause(leaseMs / 10, signal);
      }
    }
  }

  private async listen(prompt: ReplyPrompt): Promise<void> {
    const { model, messages, maxTokens, temperature, attempt } = prompt;
    const { signal } = this.controller;
    const events = this.tools.models.streamReply(
      model,
      messages,
      { maxTokens, temperature, attempt },
      signal,
    );
    for await (const event of untilAbort(events, signal)) {
      if (this.held.closedBy) return;
      this.take(event);
      if (this.isLongEnough()) return;
      if (this.held.pendingBytes > PENDING_BYTES) await this.held.flush();
    }
  }

  /** Whether the reply ends here, whatever the model would still say. */
  private isLongEnough(): boolean {
    const { longest } = this.tools;
    const isLong =
      this.text.length + this.reasoning.length > longest ||
      this.held.tail.bytes > LOG_BYTES * longest;
    if (isLong) this.cut = CUT.length;
    return isLong;
  }

  private take(event: ModelEvent): void {
    if (this.hasGivenUp) return;
    this.isToldLast = false;
    switch (event.kind) {
      case "text":
        if (event.text === "") return;
        this.text += event.text;
        return this.held.append({ text: event.text });
      case "reasoning":
        this.reasoning += event.text;
        return this.held.append({ reasoning: event.text });
      case "waiting":
        return this.held.append({ notice: event.message });
      case "usage":
        this.usage = {
          inputTokens: event.inputTokens,
          outputTokens: event.outputTokens,
        };
        return;
      case "stop":
        this.cut = event.reason === "end" ? undefined : CUT[event.reason];
    }
  }

  /**
   * Appends what was said every `flushMs`, and a sign of life where nothing was. Balances how
   * much of a reply is written again after a crash against the number of flushes.
   */
  private async keepFlushing(): Promise<void> {
    const { flushMs, leaseMs, now } = this.tools;
    const { signal } = this.controller;
    let beat = now();
    let failing: number | undefined;
    while (!this.held.closedBy && !signal.aborted) {
      await pause(Math.min(flushMs, leaseMs / 4), signal);
      if (signal.aborted) return;
      try {
        if (this.held.pendingBytes === 0 && now() - beat < leaseMs / 4)
          continue;
        if (this.held.pendingBytes === 0) this.held.append({});
        await this.held.flush();
        beat = now();
        failing = undefined;
        this.unsavedNotice = undefined;
      } catch (error) {
        this.tellUnsaved(error);
        failing ??= now();
        if (now() - failing > leaseMs) return await this.giveUp(error);
      }
    }
    // Somebody has taken over: what the model still says is nobody's business.
    this.controller.abort();
  }

  /**
   * To those who watch ahead, since others are told what is on disk. Once for each time; again as
   * the last thing they are told, if text came after it, by which they took it for past.
   */
  private tellUnsaved(error: unknown, { isLast } = { isLast: false }): void {
    const isTold = this.unsavedNotice !== undefined;
    if (isTold && (this.isToldLast || !isLast)) return;
    const notice = unsavedNotice(error);
    this.unsavedNotice = notice;
    this.isToldLast = true;
    this.held.append({ notice });
  }

  private async giveUp(cause: unknown): Promise<void> {
    this.tools.log.error(
      { error: cause, reply: this.ref },
      "a reply can't be saved; it goes on when DATA_DIRECTORY can be written again",
    );
    this.hasGivenUp = true;
    this.tellUnsaved(cause, { isLast: true });
    // Those who watch are told of what was said before it is left.
    await nextTurn();
    this.controller.abort();
    await this.held.abandon().catch(() => undefined);
  }

  private failed(error: unknown): FinalReply {
    if (error instanceof ModelError) {
      const { reason, forOperator } = error;
      this.tools.log.warn(
        { error, reason, reply: this.ref },
        `the model failed: ${forOperator}`,
      );
      return this.ended("failed", error.message);
    }
    this.tools.log.error({ error, reply: this.ref }, "a reply failed");
    return this.ended("failed", toVisibleError(error).message);
  }

  private ended(outcome: FinalReply["outcome"], reason?: string): FinalReply {
    return {
      outcome,
      text: this.text,
      ...(this.reasoning !== "" && { reasoning: this.reasoning }),
      ...(reason !== undefined && { reason }),
      ...(this.usage && { usage: this.usage }),
      ...this.model,
      leftOut: this.leftOut,
      at: new Date().toISOString(),
    };
  }
}

const NOTHING_SAID =
  "The model answered with nothing. Try again, or pick another model.";

const CUT = {
  length: "The reply ends here because it reached the limit on its length.",
  filtered: "The model's provider withheld the rest of this reply.",
};

const nothing = () => undefined;

/** Ends with the signal, whatever the model does then. */
async function* untilAbort<T>(
  events: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const iterator = events[Symbol.asyncIterator]();
  let giveUp: () => void = nothing;
  signal.addEventListener("abort", () => giveUp(), { once: true });
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T> | undefined>(
        (resolve, reject) => {
          giveUp = () => resolve(undefined);
          iterator.next().then(resolve, reject);
        },
      );
      if (!next || next.done || signal.aborted) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a model that hangs would hold up the end of its reply.
    iterator.return?.().catch(() => undefined);
  }
}
