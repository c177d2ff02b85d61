import { english } from "../../../core/texts/locale";
import type { ModelEvent } from "../../models/model";
import type { Line, LogRecord } from "../log/records";
import { replay } from "../log/replay";
import type { FinalReply } from "../types";

/** Collects what a model says into the reply. Pure: it neither reads nor writes anything. */
export class ReplyAccumulator {
  text: string;
  private reasoning: string;
  /** The time that reasoning took, up to its last piece. */
  private reasoningMs: number;
  private readonly reasonedBeforeMs: number;
  private usage: FinalReply["usage"];
  private stopReason: string | undefined;

  /** @param before The records that the model is to continue; none to start again. */
  constructor(
    before: readonly LogRecord[],
    private readonly epoch: number,
  ) {
    const { text, reasoning, reasoningMs = 0 } = replay(before);
    this.text = text;
    this.reasoning = reasoning;
    this.reasoningMs = this.reasonedBeforeMs = reasoningMs;
  }

  /** UTF-16 units of text and reasoning. */
  get length(): number {
    return this.text.length + this.reasoning.length;
  }

  /** The text and the reasoning so far, for readers who join now. */
  get soFar() {
    const { text, reasoning, reasoningMs } = this;
    return { text, ...(reasoning !== "" && { reasoning, reasoningMs }) };
  }

  /**
   * @param elapsedMs Since this epoch asked the model.
   * @returns The lines to log; none for events that only the end repeats.
   */
  add(event: ModelEvent, elapsedMs = 0): Line[] {
    switch (event.kind) {
      case "text":
        this.text += event.text;
        return event.text === "" ? [] : [{ text: event.text }];
      case "reasoning":
        this.reasoning += event.text;
        this.reasoningMs = this.reasonedBeforeMs + Math.round(elapsedMs);
        return [{ reasoning: event.text, ms: this.reasoningMs }];
      case "reclassify":
        this.reasoningMs = this.reasonedBeforeMs + Math.round(elapsedMs);
        return this.reclassify(event.as);
      case "waiting":
        return [{ notice: event.message }];
      case "usage":
        this.usage = {
          inputTokens: event.inputTokens,
          outputTokens: event.outputTokens,
        };
        break;
      case "stop":
        this.stopReason =
          event.reason === "end" ? undefined : STOPPED[event.reason];
    }
    return [];
  }

  /** Restarts the epoch's text, as a takeover would: readers of every version understand it. */
  private reclassify(kind: "text" | "reasoning"): Line[] {
    const all = this.reasoning + this.text;
    this.reasoning = kind === "reasoning" ? all : "";
    this.text = kind === "text" ? all : "";
    const line =
      kind === "text"
        ? { text: all }
        : { reasoning: all, ms: this.reasoningMs };
    return [{ kind: "epoch", epoch: this.epoch, keep: 0 }, line];
  }

  /** @param isTooLong True if the reply was cut off here, whatever the model would still say. */
  complete(isTooLong: boolean) {
    const reason = isTooLong ? STOPPED.length : this.stopReason;
    return this.text === "" && reason === undefined
      ? this.end("failed", EMPTY)
      : this.end("complete", reason);
  }

  end(outcome: FinalReply["outcome"], reason?: string) {
    return {
      outcome,
      text: this.text,
      ...(this.reasoning !== "" && {
        reasoning: this.reasoning,
        reasoningMs: this.reasoningMs,
      }),
      ...(reason !== undefined && { reason }),
      ...(this.usage && { usage: this.usage }),
    };
  }
}

const EMPTY = english.t("reason.empty");

const STOPPED = {
  length: english.t("reason.length"),
  filtered: english.t("reason.withheld"),
  unknown: english.t("reason.unknownStop"),
};
