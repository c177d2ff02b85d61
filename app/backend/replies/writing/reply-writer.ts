import { setImmediate as nextTurn } from "node:timers/promises";
import { toVisibleError } from "../../../core/domain/errors";
import { abortable, NOT_NEEDED, pause } from "../../../core/runtime/async";
import type { ReplyRef } from "../../../core/storage/layout/record-folders";
import { storageProblemOf } from "../../../core/storage/storage-problem";
import { ModelError, type ModelEvent } from "../../models/model";
import type { LogRecord } from "../log/records";
import type { ReplyContext } from "../reply-context";
import { type FinalReply, messageFields, type ReplyPrompt } from "../types";
import { ReplyAccumulator } from "./accumulator";
import type { EarlyRequest } from "./early-request";
import type { EpochWriter } from "./epoch-writer";
import { saveNotice } from "./save-notice";

/** In ascending precedence: a Stop during a drain still ends the reply. */
const INTENTS = ["write", "hand-over", "stop", "give-up"] as const;

/** More unflushed bytes than this make the model wait for the disk. */
const MAX_PENDING_BYTES = 256 * 1024;

/**
 * Bytes of log for each UTF-16 unit that a reply may have, which allows pieces of four letters.
 * Smaller pieces cost far more memory than their text.
 */
const LOG_BYTES_PER_UNIT = 4;

/** Writes one reply in one epoch: asks the model, records its output, flushes, and ends the log. */
export class ReplyWriter {
  private readonly controller = new AbortController();
  private readonly reply: ReplyAccumulator;
  private intent: (typeof INTENTS)[number] = "write";
  /** Set while the epoch cannot be flushed or sealed. */
  private saveFailure: { notice: string; isLastEvent: boolean } | undefined;
  /** Resolves when this process has nothing more to do with the reply. Never rejects. */
  readonly done: Promise<void>;

  constructor(
    private readonly context: ReplyContext,
    readonly ref: ReplyRef,
    readonly epoch: EpochWriter,
    before: readonly LogRecord[],
    /** Never rejects. */
    private readonly publish: (
      final: FinalReply,
      end: LogRecord,
    ) => Promise<void>,
    /** The first request, if it was made while the epoch was being created. */
    private readonly early?: EarlyRequest,
  ) {
    this.reply = new ReplyAccumulator(before, epoch.number);
    this.done = this.run();
  }

  get text(): string {
    return this.reply.text;
  }

  get soFar() {
    return this.reply.soFar;
  }

  /** The notice for watchers while the reply cannot be saved. */
  get saveNotice(): string | undefined {
    return this.saveFailure?.notice;
  }

  /** Ends the reply with the text so far. */
  stop(): Promise<void> {
    return this.interrupt("stop");
  }

  /** Lets another process continue from the model's last piece of text. */
  handOver(): Promise<void> {
    return this.interrupt("hand-over");
  }

  private interrupt(intent: "stop" | "hand-over"): Promise<void> {
    if (INTENTS.indexOf(intent) > INTENTS.indexOf(this.intent)) {
      this.intent = intent;
    }
    this.controller.abort(NOT_NEEDED);
    return this.done;
  }

  private async run(): Promise<void> {
    const flushing = this.flushRegularly();
    try {
      await this.finish(await this.write());
    } catch (error) {
      this.context.logger.error(
        { error, reply: this.ref },
        "failed to end reply; another process takes over after its lease",
      );
      await this.epoch.close();
    } finally {
      this.controller.abort(NOT_NEEDED);
      this.early?.cancel();
      await flushing;
    }
  }

  private async finish(final: FinalReply | undefined): Promise<void> {
    // Output after giving up is not recorded, so this process must not seal the reply.
    if (this.epoch.closedBy || this.intent === "give-up") return;
    if (this.intent === "hand-over") return this.epoch.handOver();
    if (!final) return this.epoch.close();
    const fields = messageFields(this.ref.number, final);
    const end = await this.retryForLease(
      () => this.epoch.seal({ ...final, ...fields }),
      (error) => {
        this.reportSaveFailure(error, { isLastChance: true });
        return true;
      },
    );
    if (end) await this.publish(final, end);
    await this.epoch.close();
  }

  /** @returns `undefined` if the model was interrupted for another reason than a Stop. */
  private async write(): Promise<FinalReply | undefined> {
    const { signal } = this.controller;
    let about: Pick<FinalReply, "model" | "modelName" | "leftOut"> = {
      model: "",
      leftOut: 0,
    };
    const end = (reply: ReturnType<ReplyAccumulator["end"]>): FinalReply => ({
      ...reply,
      ...about,
      at: new Date().toISOString(),
    });
    let isTooLong = false;
    try {
      const early = await this.early?.prompt();
      const prompt = early ?? (await this.readPrompt());
      const { model, modelName, leftOut } = prompt;
      about = { model, modelName, leftOut };
      // The writer before may have died just when the reply was long enough.
      isTooLong =
        this.isTooLong() || (await this.listen(prompt, early && this.early));
    } catch (error) {
      if (!signal.aborted)
        return end(this.reply.end("failed", this.reasonOf(error)));
    }
    if (this.intent === "stop") return end(this.reply.end("stopped"));
    if (signal.aborted || this.epoch.closedBy) return undefined;
    return end(this.reply.complete(isTooLong));
  }

  private readPrompt(): Promise<ReplyPrompt> {
    const { signal } = this.controller;
    return this.retryForLease(
      () => this.context.repository.promptFor(this.ref, this.text),
      (error) => !signal.aborted && storageProblemOf(error) !== undefined,
      signal,
    );
  }

  /** Storage that is full or away for a moment must cost no reply. */
  private async retryForLease<T>(
    work: () => Promise<T>,
    isTransient: (error: unknown) => boolean,
    signal?: AbortSignal,
  ): Promise<T> {
    const { leaseMs } = this.context;
    const until = performance.now() + leaseMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error) || performance.now() > until) throw error;
        await pause(leaseMs / 10, signal);
      }
    }
  }

  /** @returns True if the reply has become too long. */
  private async listen(
    prompt: ReplyPrompt,
    early: EarlyRequest | undefined,
  ): Promise<boolean> {
    const { model, messages, maxTokens, temperature, attempt } = prompt;
    const options = { maxTokens, temperature, attempt };
    const events = abortable(
      (signal) =>
        early?.events(signal) ??
        this.context.models.streamReply(model, messages, options, signal),
      this.controller.signal,
    );
    const { now } = this.context;
    const askedAt = early?.askedAt ?? now();
    for await (const event of events) {
      if (this.epoch.closedBy) return false;
      this.record(event, now() - askedAt);
      if (this.isTooLong()) return true;
      if (this.epoch.pendingBytes > MAX_PENDING_BYTES) await this.epoch.flush();
    }
    return false;
  }

  private isTooLong(): boolean {
    const { maxLength } = this.context;
    return (
      this.reply.length > maxLength ||
      this.epoch.tail.bytes > LOG_BYTES_PER_UNIT * maxLength
    );
  }

  private record(event: ModelEvent, elapsedMs: number): void {
    if (this.intent === "give-up") return;
    const lines = this.reply.add(event, elapsedMs);
    if (lines.length === 0) return;
    if (this.saveFailure) this.saveFailure.isLastEvent = false;
    for (const line of lines) this.epoch.append(line);
  }

  /** Flushes at the interval of flushes, and appends a heartbeat if the model is silent. */
  private async flushRegularly(): Promise<void> {
    const { flushPauseMs, leaseMs, now } = this.context;
    const { signal } = this.controller;
    const begunAt = now();
    let flushedAt = begunAt;
    let failingSince: number | undefined;
    while (!this.epoch.closedBy && !signal.aborted) {
      const pauseMs = flushPauseMs(now() - begunAt);
      await pause(Math.min(pauseMs, leaseMs / 4), signal);
      if (signal.aborted) return;
      const isSilent = this.epoch.pendingBytes === 0;
      if (isSilent && now() - flushedAt < leaseMs / 4) continue;
      try {
        if (isSilent) this.epoch.append({});
        await this.epoch.flush();
        flushedAt = now();
        failingSince = undefined;
        this.saveFailure = undefined;
      } catch (error) {
        this.reportSaveFailure(error);
        failingSince ??= now();
        if (now() - failingSince > leaseMs) return this.giveUp(error);
      }
    }
    // Another process has taken over: discard further model output.
    this.controller.abort(NOT_NEEDED);
  }

  /**
   * Sends live readers the notice once per outage. On the last chance it is sent again if text
   * came after it, because clients clear the notice when text arrives.
   */
  private reportSaveFailure(
    error: unknown,
    { isLastChance } = { isLastChance: false },
  ): void {
    const known = this.saveFailure;
    if (known && (known.isLastEvent || !isLastChance)) return;
    const notice = saveNotice(error);
    this.saveFailure = { notice, isLastEvent: true };
    this.epoch.append({ notice });
  }

  private async giveUp(error: unknown): Promise<void> {
    this.context.logger.error(
      { error, reply: this.ref },
      "giving up unsaved reply; it continues when DATA_DIRECTORY is writable again",
    );
    this.intent = "give-up";
    this.reportSaveFailure(error, { isLastChance: true });
    // Live readers get the notice before the epoch is closed.
    await nextTurn();
    this.controller.abort(NOT_NEEDED);
    await this.epoch.close();
  }

  private reasonOf(error: unknown): string {
    const { logger } = this.context;
    if (error instanceof ModelError) {
      const { reason, forOperator } = error;
      const fields = { error, reason, reply: this.ref };
      logger.warn(fields, `model failed: ${forOperator}`);
      return error.message;
    }
    logger.error({ error, reply: this.ref }, "reply failed");
    return toVisibleError(error).message;
  }
}
